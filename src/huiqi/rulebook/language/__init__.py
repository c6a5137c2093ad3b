"""The language of rules: words and places in files, nodes, types, trees of places and industries, days."""

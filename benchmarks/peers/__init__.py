"""The engines the rules are measured against, each fed from the same rules and the same files."""

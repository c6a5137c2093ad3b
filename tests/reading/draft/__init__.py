"""Drafts of policies made from readings."""

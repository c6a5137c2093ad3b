"""Whole numbers in what a browser sends, which may be any text."""

DIGITS = 7
"""No page and no row of this site has a longer number; what a database keeps is far above."""


def whole(text: str) -> int | None:
    """The number that a text of few ASCII digits names; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None

"""How the conventions read templates: as HTML, Django's own tags taken out."""

import re

COMMENTS = re.compile(r"\{%\s*comment\b.*?\{%\s*endcomment\s*%\}|\{#.*?#\}", re.DOTALL)
TAGS = re.compile(r"\{%.*?%\}", re.DOTALL)
VALUES = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def without_tags(template: str) -> str:
    """A template as plain HTML of the same lines: tags become blanks, values a letter."""
    for pattern, word in ((COMMENTS, ""), (TAGS, " "), (VALUES, "x")):
        template = pattern.sub(
            lambda found, word=word: word + "\n" * found.group().count("\n"),  # type: ignore[misc]
            template,
        )
    return template

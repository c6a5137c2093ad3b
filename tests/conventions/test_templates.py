"""Templates obey the content security policy: no script, style or handler inside a page.

Scripts and styles are files of this site, named by {% static %}; data for a script stands in a
`<script type="application/json">`. Nothing is loaded from elsewhere when a page runs.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.template import TemplateSyntaxError
from django.template.loader import get_template

from tests.conventions.repository import ROOT, files_under
from tests.conventions.templates import without_tags

LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
IN_CODE = re.compile(r"<[a-z][^<>]*\s(style|on[a-z]+)\s*=\s*[\"'{]|<(script|style)>", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """One offence: where and what."""

    line: int
    what: str


class Search(HTMLParser):
    """Collects what the content security policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Found] = []

    def add(self, what: str) -> None:
        self.found.append(Found(self.getpos()[0], what))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "style":
            self.add("<style>")
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.add("<script>")
        for name, value in given.items():
            if name == "style" or re.match(r"on[a-z]|hx-on", name):
                self.add(name)
            if value.strip().lower().startswith(("javascript:", "js:")):
                self.add(f"{name}={value}")
        if re.match(r"(https?:)?//", given.get(LOADING.get(tag, ""), "")):
            self.add(f"<{tag}> from elsewhere")

    handle_startendtag = handle_starttag


def offences(template: str) -> list[Found]:
    """What a template holds that the policy would refuse, in order."""
    search = Search()
    search.feed(without_tags(template))
    search.close()
    return search.found


def test_templates_obey_the_content_security_policy() -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{one.line}: {one.what}"
        for path in files_under("src/huiqi", suffix=".html")
        for one in offences(path.read_text(encoding="utf-8"))
    ]
    assert found == []


TEMPLATES = "templates/"


def uncompiled(names: list[str]) -> list[str]:
    """Templates that Django cannot read, with its reason: an unknown tag or filter, an open block."""
    wrong = []
    for name in names:
        try:
            get_template(name)
        except TemplateSyntaxError as problem:
            wrong.append(f"{name}: {problem}")
    return wrong


def test_every_template_compiles() -> None:
    paths = [path.as_posix() for path in files_under("src/huiqi", suffix=".html")]
    names = [path.partition(TEMPLATES)[2] for path in paths]
    assert len(names) > 50
    assert uncompiled(names) == []


def test_a_planted_template_that_does_not_compile_is_found(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "planted.html").write_text("{{ name|unheard_of }}", encoding="utf-8")
    (tmp_path / "sound.html").write_text("{{ name|upper }}", encoding="utf-8")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    assert uncompiled(["planted.html", "sound.html"]) == [
        "planted.html: Invalid filter: 'unheard_of'"
    ]


def test_no_code_writes_what_templates_may_not() -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()}: {match.group()}"
        for path in files_under("src/huiqi/portal", suffix=".py")
        for match in IN_CODE.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("<p>正文</p>\n<p style='color:red'>", [Found(2, "style")]),
        ("<style>p { color: red }</style>", [Found(1, "<style>")]),
        ("{# a\nnote #}<script>go()</script>", [Found(2, "<script>")]),
        ("<a onclick='go()'>", [Found(1, "onclick")]),
        ("<a {% if x %}onClick='go()'{% endif %}>", [Found(1, "onclick")]),
        ("<a hx-on:click='go()'>", [Found(1, "hx-on:click")]),
        ("<a href='javascript:go()'>", [Found(1, "href=javascript:go()")]),
        ("<b hx-vals='js:{a: 1}'>", [Found(1, "hx-vals=js:{a: 1}")]),
        (
            "<script src='https://cdn.example/x.js'></script>",
            [Found(1, "<script> from elsewhere")],
        ),
        (
            "<link rel='stylesheet' href='//cdn.example/x.css'/>",
            [Found(1, "<link> from elsewhere")],
        ),
        ("<script src=\"{% static 'web/x.js' %}\" defer></script>", []),
        ("<script type='application/json' id='x'>{}</script>", []),
        ("{% comment %}<p style='x'>{% endcomment %}", []),
        ("<a href='https://example.org/'>外部网站</a> style=“x”", []),
    ],
)
def test_the_search_finds_what_the_policy_refuses(template: str, expected: list[Found]) -> None:
    assert offences(template) == expected


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("format_html('<p style=\"color:{}\">', x)", 1),
        ("'<b onclick=\"go()\">'", 1),
        ("'<script>go()</script>'", 1),
        ("'<p class=\"quiet\">'; style = 'x'; on = 1", 0),
    ],
)
def test_the_search_finds_it_in_code(code: str, count: int) -> None:
    assert len(IN_CODE.findall(code)) == count

"""Handbooks printed from the rules: a page per support, an index per document, a fact dictionary.

Markdown and static HTML (no script) from the same values. Nothing is worded twice: conditions,
interpretations and names stand as their authors wrote them, numbers come from the rule.
"""

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from huiqi.rulebook.handbook.pages import (
    deadline_words,
    dictionary,
    support_page,
    target_words,
    unit_sections,
)
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.reference.cases import Case
from huiqi.rulebook.reference.explaining import number_words

MARKER = ".huiqi-docs"
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
ENDING = " ()<>%?#|\"'&"
Progress = Callable[[int, int], None]


class NotOurs(Exception):
    """The output folder holds something that is not a handbook; it is left alone."""


@dataclass(frozen=True)
class Written:
    """What was written: the folder and how many pages of each kind."""

    folder: Path
    supports: int
    documents: int
    files: int


def write_handbook(
    library: Library, cases: Sequence[Case], out: Path, on_progress: Progress | None = None
) -> Written:
    """Write all pages below ``out``, replacing an earlier handbook there as a whole.

    Raises NotOurs where ``out`` is a folder with other contents. A failure leaves what was there.
    """
    if out.exists() and not _replaceable(out):
        raise NotOurs(str(out))
    partial = out.with_name(f".{out.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        written = _write(library, cases, partial, on_progress)
        (partial / MARKER).write_text("", "utf-8")
        if out.exists():
            shutil.rmtree(out)
        partial.replace(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    supports = len(library.supports)
    return Written(out, supports, len(library.policies), written)


def _replaceable(out: Path) -> bool:
    return out.is_dir() and ((out / MARKER).exists() or not any(out.iterdir()))


def _write(library: Library, cases: Sequence[Case], out: Path, on_progress: Progress | None) -> int:
    tables = dictionary(library)
    entries = {
        (item.table.name, entry.spec.name): entry for item in tables for entry in item.entries
    }
    pages = [support_page(library, support, cases, entries) for support in library.supports]
    jobs: list[tuple[str, str, dict[str, Any]]] = [
        ("index", "index", {"library": library, "tables": tables}),
        ("facts", "facts", {"tables": tables, "library": library}),
    ]
    for policy in library.policies:
        mine = {page.support.id: page for page in pages if page.policy is policy}
        jobs.append(("document", f"{policy.id}/index", {"policy": policy, "pages": mine}))
        jobs.append(
            ("units", f"{policy.id}/units", {"policy": policy, "units": unit_sections(policy)})
        )
    jobs += [("support", str(page.path), {"page": page}) for page in pages]
    for policy in library.policies:
        (out / policy.id).mkdir()
    environments = {"html": _environment("html"), "md": _environment("md")}
    count = 0
    for index, (template, path, values) in enumerate(jobs):
        for kind, environment in environments.items():
            root = "../" * path.count("/")
            made = environment.get_template(f"{template}.{kind}").render(root=root, **values)
            (out / f"{path}.{kind}").write_text(made, "utf-8")
            count += 1
        if on_progress is not None:
            on_progress(index + 1, len(jobs))
    (out / "style.css").write_text(_templates()["style.css"], "utf-8")
    return count + 1


def _templates() -> dict[str, str]:
    """The package's templates by name without the `.j2`."""
    folder = files("huiqi.rulebook.handbook") / "templates"
    return {
        item.name.removesuffix(".j2"): item.read_text("utf-8")
        for item in folder.iterdir()
        if item.name.endswith((".j2", ".css"))
    }


def _environment(kind: str) -> Environment:
    """HTML escapes as HTML; Markdown escapes what Markdown would read as markup."""
    html = kind == "html"
    environment = Environment(
        loader=DictLoader(_templates()),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=None if html else markdown,
    )
    environment.filters.update(
        number=number_words,
        target=target_words,
        deadline=deadline_words,
        url=_url,
    )
    return environment


def markdown(value: Any) -> Any:
    """Text that Markdown prints as it is, on one line, also inside a table."""
    if value is None:
        return ""
    if isinstance(value, Markup):
        return value
    return SPECIAL.sub(r"\\\1", " ".join(str(value).split("\n")))


def _url(path: object) -> Markup:
    """A path as it stands in a link: Chinese stays readable, only what ends a link is encoded."""
    text = str(path)
    return Markup("".join(f"%{ord(sign):02X}" if sign in ENDING else sign for sign in text))


__all__ = ["NotOurs", "Written", "markdown", "write_handbook"]

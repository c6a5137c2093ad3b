"""From an uploaded official document to a confirmed one: read it, correct what was read, confirm."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.crypto import get_random_string

from huiqi.portal.base import audit, files, search
from huiqi.portal.base.access import Actor
from huiqi.portal.base.contents import DOCUMENTS
from huiqi.portal.base.models import StoredFile
from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.rules import library
from huiqi.portal.policies import indexing
from huiqi.portal.policies.enums import DocumentState
from huiqi.portal.policies.files import plain_number
from huiqi.portal.policies.models import Clause, Document, joined
from huiqi.portal.policies.structure import (
    COMPARATORS,
    Item,
    Structure,
    blank,
    get_item,
    places,
    seal,
    structure,
    with_item,
)
from huiqi.reading import Reading, read
from huiqi.rulebook.library.policy import Policy
from huiqi.rulebook.problems import Problem, errors

LISTS = frozenset({"issuers", "section", "units", "joint"})
"""Fields that hold several names, parted by 、 or lines."""
DATES = frozenset({"issued_on", "from", "until"})
FIELDS: Mapping[str, tuple[str, ...]] = {
    "document": ("title", "number", "issuers", "region", "issued_on", "from", "until"),
    "clauses": ("heading", "units", "lead"),
    "targets": ("clause", "indicator", "comparator", "value", "unit", "deadline"),
    "supports": ("clause", "beneficiary", "event", "amount", "payer", "period"),
}
REQUIRED = {"title": "标题", "indicator": "指标", "value": "数值", "beneficiary": "给谁"}
MOST = 400
"""Characters of one field."""


class Unreadable(Refused):
    """A file that is no policy document; ``problems`` say why and what to do."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        super().__init__(first.message, first.remedy)
        self.problems = problems


class Changed(Refused):
    """Somebody else changed the same thing in the meantime; ``present`` is how it stands now."""

    def __init__(self, present: Item | None) -> None:
        super().__init__(
            "这一处刚刚被别人改过，您的修改没有保存", "请对照现在的内容，需要的话再改一次"
        )
        self.present = present


def import_document(upload: "UploadedFile[bytes]", *, by: Actor, at: datetime) -> Document:
    """Reads an uploaded document and keeps it for a person to review.

    Raises Unreadable where the reader refuses the file, Refused where it may not be kept or was
    imported already; then nothing is kept.
    """
    with transaction.atomic():
        stored = files.keep(upload, by=by, at=at, kinds=DOCUMENTS)
        again = Document.objects.filter(file__digest=stored.digest).first()
        if again is not None:
            where = "正等待确认" if again.state == DocumentState.READ else "已在政策库里"
            raise Refused(f"这份文件已经导入过，{where}", f"见《{again.title}》")
        reading = read(files.path(stored).read_bytes(), stored.name)
        if wrong := errors(list(reading.problems)):
            raise Unreadable(wrong)
        made = structure(reading, library())
        document = Document.objects.create(
            slug=f"import-{get_random_string(12, 'abcdefghjkmnpqrstuvwxyz23456789')}",
            text=reading.text,
            reading=made,
            file=stored,
            state=DocumentState.READ,
            imported_by=by.user,
            imported_at=at,
            **_columns(made["document"]),
        )
        audit.record(
            "policies.import", at=at, actor=by, subject=f"文件 {document.pk}", title=document.title
        )
    return document


def _columns(told: Item) -> dict[str, Any]:
    return {
        "number": told["number"][:60],
        "title": told["title"][:200] or "（没有标题）",
        "issuers": told["issuers"],
        "issued_by": joined(told["issuers"]),
        "region": told["region"],
        "issued_on": _day(told["issued_on"]),
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


# -------------------------------------------------------------------- correcting


@transaction.atomic
def correct(
    document: Document,
    part: str,
    index: int,
    values: Mapping[str, str],
    *,
    seen: str,
    by: Actor,
    at: datetime,
) -> tuple[Document, Item]:
    """Replaces fields of one item of what was read.

    ``seen`` is the seal of the item that the person had before the eyes; Changed is raised where it
    is another by now. An index one past the end adds a target or support.
    """
    held = _waiting(document.pk)
    present = get_item(held.reading, part, index)
    adds = part in ("targets", "supports") and index == len(held.reading.get(part, []))
    if present is None and not adds:
        raise Refused("没有这一项", "刷新页面后再试")
    if present is None:
        present = blank(part, values.get("clause", ""))
    elif seal(present) != seen:
        raise Changed(present)
    item = {**present, **_read_fields(held.reading, part, values)}
    item["dropped"] = values.get("dropped") == "1" if "dropped" in present else None
    if item["dropped"] is None:
        del item["dropped"]
    if item == present and not adds:
        return held, item
    _save(held, with_item(held.reading, part, index, item))
    audit.record(
        "policies.correct",
        at=at,
        actor=by,
        subject=f"文件 {held.pk}",
        part=part,
        index=index,
        before={} if adds else {k: v for k, v in present.items() if item[k] != v},
        after={k: v for k, v in item.items() if adds or present[k] != v},
    )
    return held, item


def _waiting(pk: int) -> Document:
    """The document, locked, while it still may be changed."""
    held = Document.objects.select_for_update().filter(pk=pk).first()
    if held is None or held.state != DocumentState.READ:
        raise Refused("这份文件已经确认或者撤销，不能再改", "需要更正请重新导入")
    return held


def _save(held: Document, made: Structure) -> None:
    held.reading = made
    for name, value in _columns(made["document"]).items():
        setattr(held, name, value)
    held.version += 1
    held.save()


def _read_fields(made: Structure, part: str, values: Mapping[str, str]) -> Item:
    out: Item = {}
    for name in FIELDS[part]:
        if name not in values:
            continue
        text = values[name].strip()
        if len(text) > MOST:
            raise Refused(f"填写的内容超过 {MOST} 个字", "写短一些", field=name)
        if name in LISTS:
            out[name] = [word.strip() for word in re.split(r"[、，,；;\n]", text) if word.strip()]
            continue
        if name in REQUIRED and not text and values.get("dropped") != "1":
            raise Refused(f"“{REQUIRED[name]}”不能空着", "照文件填写", field=name)
        if name in DATES and text and _day(text) is None:
            raise Refused(f"“{text}”不是日期", "写成 2026-03-05 或者从日历里选", field=name)
        if name == "comparator" and text not in COMPARATORS.values():
            raise Refused(f"没有“{text}”这种比较", "从列表里选", field=name)
        if name == "clause" and text and text not in {item["name"] for item in made["clauses"]}:
            raise Refused(f"没有条款“{text}”", "从列表里选", field=name)
        if name == "region" and text and library().vocabulary.regions.get(text) is None:
            raise Refused(f"没有代码为“{text}”的地区", "从列表里选", field=name)
        out[name] = text
    return out


# -------------------------------------------------------------------- confirming


@transaction.atomic
def confirm_document(document: Document, *, version: int, by: Actor, at: datetime) -> Document:
    """Puts a reviewed document into the library.

    Where the library already has the document (same number) its text joins that one, and the clauses
    of the policy folder get their words. ``version`` is what the person saw; Changed where it is not
    the present one.
    """
    held = _waiting(document.pk)
    if held.version != version:
        raise Changed(None)
    told = held.reading["document"]
    if not told["title"]:
        raise Refused("还没有标题", "先在“文件信息”里补上标题", field="title")
    home = home_of(held)
    if home is not None and home.pk != held.pk:
        home.text, home.reading, home.file = held.text, held.reading, held.file
        home.imported_by, home.imported_at = held.imported_by, held.imported_at
        home.version += 1
        held.delete()
        held = home
    held.state = DocumentState.CONFIRMED
    held.confirmed_by, held.confirmed_at = by.user, at
    if held.slug.startswith("import-"):
        held.slug = f"document-{held.pk}"
    held.save()
    policy = library().by_id.get(held.slug)
    if policy is not None:
        place_words(held, policy)
    else:
        _own_clauses(held)
    indexing.index(held)
    audit.record(
        "policies.confirm",
        at=at,
        actor=by,
        subject=held.slug,
        number=held.number,
        title=held.title,
        digest=_digest(held.file),
    )
    return held


def _digest(stored: StoredFile | None) -> str:
    return stored.digest if stored is not None else ""


def home_of(held: Document) -> Document | None:
    """The document of the library that it will join: same number, else same title; None for a new one."""
    known = Document.objects.filter(state=DocumentState.CONFIRMED).defer("text", "reading")
    if held.number:
        plain = plain_number(held.number)
        return next(
            (item for item in known.exclude(number="") if plain_number(item.number) == plain), None
        )
    return known.filter(title=held.title).first()


def reading_of(document: Document) -> Reading | None:
    """The document as the reader sees it; None where no file was imported."""
    if document.file is None:
        return None
    path = files.path(document.file)
    if not path.is_file():
        return None
    made = read(path.read_bytes(), document.file.name)
    return None if errors(list(made.problems)) else made


def place_words(document: Document, policy: Policy) -> None:
    """Gives the clauses of a policy folder the words of the imported text."""
    reading = reading_of(document)
    if reading is None:
        return
    found = places(policy, reading)
    rows = list(document.clauses.all())
    for row in rows:
        row.start, row.end = found.get(row.name, (0, 0))
        row.text = reading.text[row.start : row.end].strip()
    Clause.objects.bulk_update(rows, ["text", "start", "end"])


def _own_clauses(document: Document) -> None:
    """The clauses of a document that no policy folder describes."""
    search.drop(indexing.CLAUSE, list(document.clauses.values_list("pk", flat=True)))
    document.clauses.all().delete()
    Clause.objects.bulk_create(
        Clause(
            document=document,
            name=item["name"][:40],
            order=order,
            heading=item["heading"][:200],
            section=" / ".join(item["section"])[:200],
            text=document.text[item["start"] : item["end"]].strip(),
            start=item["start"],
            end=item["end"],
            units=item["units"],
            lead=item["lead"][:120],
        )
        for order, item in enumerate(document.reading["clauses"])
    )


@transaction.atomic
def discard(document: Document, *, by: Actor, at: datetime) -> None:
    """Throws away what was read and not confirmed. The file stays under its digest."""
    held = _waiting(document.pk)
    audit.record("policies.discard", at=at, actor=by, subject=f"文件 {held.pk}", title=held.title)
    held.delete()

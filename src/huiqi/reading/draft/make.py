"""A reading and a vocabulary -> a draft policy."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from huiqi.reading.draft.evidence import Finder
from huiqi.reading.draft.lexicon import lexicon
from huiqi.reading.draft.support import Names, drafts_of, together
from huiqi.reading.draft.targets import target_of
from huiqi.reading.draft.values import Draft, DraftClause, DraftSupport
from huiqi.reading.values import Clause, Document, Fate, Reading
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.problems import Problem

OUTSIDE = "总则"
"""The clause that holds what stands outside all numbered clauses."""

_ID = re.compile(r"[^\w\u4e00-\u9fff.-]+")
_NAME = re.compile(r"[^\u4e00-\u9fffA-Za-z0-9]")


def draft(reading: Reading, vocabulary: Vocabulary, name: str = "", region: str = "") -> Draft:
    """Everything of a policy folder that can be built from a reading, with its open points.

    ``name`` is the folder's name (default: the file's name without its ending), ``region`` the place
    it is for, where a person said so (default: where the issuer sits). A reading with errors gives a
    draft without clauses; callers look at ``Reading.problems`` first.
    """
    finder = _finder(vocabulary)
    document = reading.document
    open_: list[str] = []
    if not region:
        region, open_ = _place(document, vocabulary)
    ids = _clause_ids(reading.clauses)
    clauses = [
        _clause(reading, clause, id_) for clause, id_ in zip(reading.clauses, ids, strict=True)
    ]
    where = {
        (clause.number, clause.section): id_
        for clause, id_ in zip(reversed(reading.clauses), reversed(ids), strict=True)
    }
    single = {
        clause.number: id_
        for clause, id_ in zip(reversed(reading.clauses), reversed(ids), strict=True)
    }

    def at(number: str | None, section: tuple[str, ...]) -> str:
        if number is None:
            return OUTSIDE
        return where.get((number, section), single.get(number, OUTSIDE))

    names, target_names = Names(), Names()
    targets = tuple(
        target_of(
            finder,
            target,
            at(target.clause, target.section),
            region,
            target_names.fresh(_NAME.sub("", target.indicator)[:30] or "指标"),
        )
        for target in reading.targets
    )
    supports: list[DraftSupport] = []
    for index, support in enumerate(reading.supports):
        clause = at(support.clause, support.section)
        last = supports[-1] if supports and supports[-1].clause == clause else None
        supports += drafts_of(reading, index, finder, clause, region, names, last)
    used = {target.clause for target in targets} | {support.clause for support in supports}
    if OUTSIDE in used or not clauses:
        clauses.append(_outside())
    start, end, said = _force(document)
    issued = document.issued_on or document.printed_on or ""
    if not issued:
        open_.append("印发日期没有认出")
    if not document.number:
        open_.append("文号没有认出")
    based = dict.fromkeys((cited.title, cited.number or "") for cited in document.based_on)
    return Draft(
        id=_ID.sub("-", name or reading.name.rsplit(".", 1)[0]).strip("-.") or "draft",
        number=document.number or "",
        title=document.title or document.attachment_title or reading.name,
        issuers=document.issuer or ("发文机关（待补）",),
        issued=issued,
        start=start,
        end=end,
        region=region or "全国",
        based_on=tuple(based),
        clauses=tuple(clauses),
        targets=targets,
        supports=together(supports),
        open=(*open_, *said),
    )


@lru_cache(maxsize=4)
def _finder(vocabulary: Vocabulary) -> Finder:
    """One finder for a vocabulary, so that many documents share its tables of words."""
    return Finder(vocabulary, lexicon())


# -------------------------------------------------------------------- document


def _place(document: Document, vocabulary: Vocabulary) -> tuple[str, list[str]]:
    """The region that the issuer governs: the longest place its name begins with."""
    names = vocabulary.regions.names()
    for issuer in (*document.issuer, document.title):
        bare = re.sub(r"^(?:中共|中国共产党|共青团)", "", issuer)
        for name in names:
            if len(name) > 1 and bare.startswith(name):
                found = vocabulary.regions.find(name)
                if not isinstance(found, Problem):
                    return found.name, []
    return "", ["发文机关所在地不在地区表里，适用地区先写“全国”，各项支持没有写地区条件"]


def _force(document: Document) -> tuple[str, str, list[str]]:
    """In force from, until, and what is open about it."""
    start = document.in_force_from or document.issued_on or document.printed_on or ""
    end = document.in_force_until or ""
    open_ = []
    if not document.in_force_from:
        open_.append("施行日期没有写明，先按印发日期" if start else "施行日期没有认出")
    if not end and document.in_force_span and start:
        end = _after(start, document.in_force_span)
        open_.append(f"截止日按有效期{document.in_force_span[0]}{document.in_force_span[1]}推算")
    elif not end:
        open_.append("文中没有写失效日期")
    return start, end, open_


def _after(start: str, span: tuple[int, str]) -> str:
    """The last day of a span that begins on a day."""
    day = date.fromisoformat(start)
    number, unit = span
    months = (
        number * 12 if unit.startswith("年") or unit == "周年" else number if "月" in unit else 0
    )
    if not months:
        return (day + timedelta(days=number - 1)).isoformat()
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for back in range(4):
        try:
            return (
                date(year, month + 1, day.day - back) - timedelta(days=1 if not back else 0)
            ).isoformat()
        except ValueError:
            continue
    return ""


# -------------------------------------------------------------------- clauses


def _clause_ids(clauses: Iterable[Clause]) -> list[str]:
    """The printed number where it is unique, else with the number of its section before it."""
    listed = list(clauses)
    times = Counter(clause.number for clause in listed)
    names = Names()
    return [
        names.fresh(
            clause.number
            if times[clause.number] == 1
            else f"{_section_number(clause.section)}-{clause.number}"
        )
        for clause in listed
    ]


_SECTION = re.compile(r"[（(]?第?([〇零一二三四五六七八九十百\d]+)")


def _section_number(section: tuple[str, ...]) -> str:
    found = [match[1] for name in section if (match := _SECTION.match(name))]
    return "-".join(found) or "章"


def _clause(reading: Reading, clause: Clause, id_: str) -> DraftClause:
    units = tuple(dict.fromkeys(unit.name for unit in clause.units))
    lead = clause.lead if clause.lead in units else ""
    duties = _duties(reading, clause)
    open_ = []
    for unit in clause.units:
        if unit.likely:
            open_.append(f"“{unit.name}”疑为“{unit.likely}”，照原样写")
    if not units:
        open_.append("没有写责任单位")
    heading = clause.heading or _short(reading.text[clause.body_start : clause.end])
    if not clause.heading:
        open_.append("原文没有标题，标题待改写")
    return DraftClause(
        id=id_,
        number=clause.number,
        section=clause.section,
        heading=heading or f"第{clause.number}条（待改写）",
        units=units,
        lead=lead or "",
        joint_leads=tuple(name for name in clause.joint_leads if name in units and name != lead),
        duties=duties,
        open=tuple(open_),
    )


def _duties(reading: Reading, clause: Clause) -> tuple[str, ...]:
    """The gist of each sentence that lays a duty on somebody, marked to be worded anew."""
    out = []
    for sentence in reading.sentences:
        if sentence.fate is not Fate.DUTY or not clause.start <= sentence.start < clause.end:
            continue
        words = _short(reading.text[sentence.start : sentence.end])
        if words:
            out.append(f"{words}（待改写）")
    return tuple(dict.fromkeys(out)) or ("职责待补写",)


def _short(text: str, most: int = 24) -> str:
    """The first words of a sentence, no longer than a gist may be."""
    plain = re.sub(r"\s+", "", text).strip("，。；、：")
    words = re.split(r"[，,。；;：:]", plain)[0]
    return words if len(words) <= most else f"{words[:most]}……"


def _outside() -> DraftClause:
    return DraftClause(
        OUTSIDE,
        OUTSIDE,
        (),
        "条款以外的内容（待改写）",
        (),
        "",
        (),
        ("职责待补写",),
        ("在编号条款之外，请归到合适的条款",),
    )

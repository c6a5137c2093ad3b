"""A document as the reader sees it, with what a person corrected of it before confirming. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from huiqi.portal.policies.structure import COMPARATORS, Item, Structure, structure
from huiqi.reading import Clause, Document, Reading, Support, Target, Unit
from huiqi.reading.draft import Draft
from huiqi.reading.draft.values import DraftSupport, Open
from huiqi.reading.review.align import align
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.problems import Problem

WORDS = {"beneficiary": "给谁", "event": "因为什么", "amount": "给多少", "period": "期间"}
"""What of a support is drafted from its sentence, so that a corrected value stays for a person."""
DASH = "—"


@dataclass(frozen=True, slots=True)
class Point:
    """What a correction says that a draft cannot say by itself, and the place of the sentence."""

    words: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Corrected:
    """A reading with the corrections in it, the region that was chosen, and what is left to a person."""

    reading: Reading
    region: str
    points: tuple[Point, ...]

    def note(self, made: Draft) -> Draft:
        """The draft with the points in it: at the support of the sentence, else at the document."""
        left = []
        supports = list(made.supports)
        for point in self.points:
            found = [n for n, one in enumerate(supports) if _holds(point, one)]
            for number in found:
                one = supports[number]
                supports[number] = replace(one, open=(*one.open, Open("", point.words)))
            if not found:
                left.append(point.words)
        return replace(made, supports=tuple(supports), open=(*made.open, *left))


def corrected(reading: Reading, made: Structure, library: Library) -> Corrected:
    """The reading as ``made`` corrects it; ``made`` is what a person confirmed of this document."""
    read = structure(reading, library)
    clauses = {passage.id: passage.clause for passage in align(None, reading)}
    said = _Said(made["targets"]), _Said(made["supports"])
    points: list[Point] = []
    targets = [
        _target(target, item, held, clauses, points)
        for target, item in zip(reading.targets, read["targets"], strict=True)
        if not (held := said[0].of(item))["dropped"]
    ]
    supports = [
        _support(support, item, held, clauses, points)
        for support, item in zip(reading.supports, read["supports"], strict=True)
        if not (held := said[1].of(item))["dropped"]
    ]
    for item in said[0].added:
        new = _added(item, clauses)
        if new is None:
            points.append(
                Point(f"核对时补的目标“{item['indicator']}”，数值“{item['value']}”不是数")
            )
        else:
            targets.append(new)
    points += [
        Point(f"核对时补的支持没有原文可读，请写成规则：{_told(item)}") for item in said[1].added
    ]
    by_place = {(item["start"], item["end"]): item for item in made["clauses"]}
    return Corrected(
        replace(
            reading,
            document=_document(reading.document, read["document"], made["document"]),
            clauses=tuple(
                _clause(clause, item, by_place.get((item["start"], item["end"]), item))
                for clause, item in zip(reading.clauses, read["clauses"], strict=True)
            ),
            targets=tuple(targets),
            supports=tuple(supports),
        ),
        _region(made["document"]["region"], library),
        tuple(points),
    )


class _Said:
    """What a person left of a list, by the place in the text, and what was added to it."""

    def __init__(self, listed: Iterable[Item]) -> None:
        self.left: dict[tuple[int, int], list[Item]] = {}
        self.added: list[Item] = []
        for item in listed:
            if item["start"] >= 0:
                self.left.setdefault((item["start"], item["end"]), []).append(item)
            elif not item["dropped"]:
                self.added.append(item)

    def of(self, item: Item) -> Item:
        """The item as it was confirmed; as it was read, where no person saw it."""
        found = self.left.get((item["start"], item["end"]))
        return found.pop(0) if found else item


def _document(document: Document, read: Item, held: Item) -> Document:
    """Only what a person changed: an empty date of the review page may still be printed elsewhere."""
    changed: dict[str, str | tuple[str, ...] | None] = {}
    for name, field in (
        ("title", "title"), ("number", "number"), ("issued_on", "issued_on"),
        ("from", "in_force_from"), ("until", "in_force_until"),
    ):  # fmt: skip
        if held[name] != read[name]:
            changed[field] = held[name] if name == "title" else held[name] or None
    if held["issuers"] != read["issuers"]:
        changed["issuer"] = tuple(held["issuers"])
    return replace(document, **changed)  # type: ignore[arg-type]  # names and types stand above


def _region(code: str, library: Library) -> str:
    """The name of a region that was chosen, where no other region has it."""
    regions = library.vocabulary.regions
    found = regions.get(code) if code else None
    return found.name if found and not isinstance(regions.find(found.name), Problem) else ""


def _clause(clause: Clause, read: Item, held: Item) -> Clause:
    if held["heading"] != read["heading"]:
        clause = replace(clause, heading=held["heading"] or None)
    if held["units"] != read["units"]:
        known = {unit.name: unit for unit in clause.units}
        units = (
            known.get(name) or Unit(name, "责任", clause.start, clause.start)
            for name in held["units"]
        )
        clause = replace(clause, units=tuple(units))
    if held["lead"] != read["lead"]:
        clause = replace(clause, lead=held["lead"] or None)
    return clause


def _target(
    target: Target, read: Item, held: Item, clauses: dict[str, Clause], points: list[Point]
) -> Target:
    value = _value(held["value"]) if held["value"] != read["value"] else target.value
    if value is None:
        points.append(Point(f"目标“{held['indicator']}”核对为“{held['value']}”，不是数，请定"))
        value = target.value
    kind = target.comparator
    if held["comparator"] != read["comparator"]:
        kind = _comparator(held["comparator"])
    clause, section = _home(held, read, clauses, target.clause, target.section)
    return replace(
        target,
        clause=clause,
        section=section,
        indicator=held["indicator"],
        comparator=kind,
        value=value,
        unit=held["unit"] or None,
        deadline=held["deadline"] or None,
    )


def _added(item: Item, clauses: dict[str, Clause]) -> Target | None:
    """A target that the reader missed; None where its figure is no number."""
    value = _value(item["value"])
    if value is None:
        return None
    home = clauses.get(item["clause"])
    return Target(
        home.number if home else None, home.section if home else (), item["indicator"],
        _comparator(item["comparator"]), value, item["unit"] or None, item["deadline"] or None,
        "", 0, 0,
    )  # fmt: skip


def _support(
    support: Support, read: Item, held: Item, clauses: dict[str, Clause], points: list[Point]
) -> Support:
    changed = [name for name in WORDS if held[name] != read[name]]
    if changed:
        told = "；".join(f"{WORDS[name]}改为“{held[name] or '空'}”" for name in changed)
        points.append(
            Point(f"核对时更正：{told}。规则由原文写成，请照此改", support.start, support.end)
        )
    clause, section = _home(held, read, clauses, support.clause, support.section)
    return replace(support, clause=clause, section=section, payer=held["payer"] or None)


def _home(
    held: Item,
    read: Item,
    clauses: dict[str, Clause],
    number: str | None,
    section: tuple[str, ...],
) -> tuple[str | None, tuple[str, ...]]:
    """Number and section of the clause an item was put into; as read, where it was not moved."""
    if held["clause"] == read["clause"]:
        return number, section
    home = clauses.get(held["clause"])
    return (home.number, home.section) if home else (None, ())


def _value(text: str) -> Decimal | tuple[Decimal, Decimal] | None:
    """`60`, `1,200` or `10—20`; None where it is no number."""
    try:
        found = [Decimal(part.strip().replace(",", "")) for part in text.split(DASH)]
    except InvalidOperation:
        return None
    if len(found) > 2 or not all(one.is_finite() for one in found):
        return None
    return (found[0], found[1]) if len(found) > 1 else found[0]


def _comparator(word: str) -> str:
    return next(sign for sign, known in COMPARATORS.items() if known == word)


def _told(item: Item) -> str:
    parts = (item["beneficiary"], item["event"], item["amount"], item["payer"], item["period"])
    return "，".join(part for part in parts if part)


def _holds(point: Point, support: DraftSupport) -> bool:
    return point.start <= support.start and support.end <= point.end

"""One enterprise's answers: its dossier with what it answered itself, and the same as plain values.

Nothing is decided here: the dossier comes from the rulebook, the words from
:mod:`huiqi.rulebook.reference.explaining`. What an enterprise said of itself counts only where no register says
anything, and is marked as its own word wherever it is used.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Q
from django.utils import timezone

from huiqi.portal.base.rules import library
from huiqi.portal.matching.held import held_by
from huiqi.portal.matching.models import OwnAnswer
from huiqi.portal.matching.shortfall import steps
from huiqi.portal.registry import queries as registry
from huiqi.portal.registry.models import Record
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import show_money, to_date
from huiqi.rulebook.language.nodes import Fact, Kind
from huiqi.rulebook.library.policy import Library, Support
from huiqi.rulebook.library.rows import FactsFile, Row, forget
from huiqi.rulebook.library.values import Known
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary
from huiqi.rulebook.reference.assess import Assessment, assess, is_open, missing_facts
from huiqi.rulebook.reference.dossier import Dossier, dossier
from huiqi.rulebook.reference.evaluator import Reference
from huiqi.rulebook.reference.explaining import (
    FactWords,
    LineWords,
    Total,
    explain,
    not_assessed,
    number_words,
    range_words,
    row_words,
    rule_words,
    totals,
)
from huiqi.rulebook.reference.near import can_be_met
from huiqi.rulebook.reference.settle import total
from huiqi.rulebook.reference.stakes import Stake, stake_words, stakes_of, weight

OWN = "企业自报（待核实）"
"""The source of what an enterprise said of itself."""

SIGNS = {Answer.YES: "✓", Answer.NO: "✗", Answer.MISSING: "?", Answer.JUDGE: "◇"}
CODES = {Answer.YES: "yes", Answer.NO: "no", Answer.MISSING: "missing", Answer.JUDGE: "judge"}
SPOKEN = {"yes": "满足", "no": "不满足", "missing": "缺事实", "judge": "需认定"}
MOST_ITEMS = 20
"""How many rows of one support a page lists; the rest is counted."""


# -------------------------------------------------------------------- the dossier


def dossier_of(record: Record, *, on: date) -> Dossier:
    """All supports in force for one subject of the registry, its own answers filled in."""
    found = library()
    also = [one.pk for one in held_by(record, found)]
    file = registry.facts_file(record, on=on, also=also)
    mine = [record.pk, *also]
    own = OwnAnswer.objects.filter(Q(record__in=mine) | Q(record__owner__in=mine))
    fill_in(file, own.select_related("record"), Reference(found.vocabulary, on))
    return dossier(found, file, on, paid=registry.paid(record))


def fill_in(file: FactsFile, answers: Iterable[OwnAnswer], reference: Reference) -> None:
    """Set what the enterprise said wherever the register leaves a fact open; changes ``file``."""
    rows = {(row.table, row.key): row for row in rows_of(file)}
    derived: list[tuple[Row, OwnAnswer]] = []
    for answer in answers:
        row = rows.get((answer.record.table, answer.record.key))
        spec = reference.vocabulary.tables[row.table].facts.get(answer.fact) if row else None
        if row is None or spec is None or answer.value is None:
            continue
        if spec.definition is not None:
            derived.append((row, answer))
        elif answer.fact not in row.values:
            _say(row, answer)
    # What a register's events tell wins as well: a computed fact is filled only while it is open.
    open_ones = [
        (row, answer)
        for row, answer in derived
        if is_open(reference, reference.vocabulary.tables[row.table].facts[answer.fact].fact(), row)
    ]
    for row, answer in open_ones:
        _say(row, answer)
    forget(rows.values())


def _say(row: Row, answer: OwnAnswer) -> None:
    value: Known | None = answer.value
    if value is None:
        return
    row.values[answer.fact] = value
    row.origins[answer.fact] = f"{OWN} {timezone.localdate(answer.at).isoformat()}"


def rows_of(file: FactsFile) -> list[Row]:
    """The subjects of a file with their events, and the subjects that own those events."""
    out = {id(row): row for row in file.subjects.values()}
    for rows in file.events.values():
        for row in rows:
            out[id(row)] = row
            for owner in row.links.values():
                if row in owner.events.get(row.table, ()):
                    out[id(owner)] = owner
    return list(out.values())


# -------------------------------------------------------------------- the view model


@dataclass(frozen=True, slots=True)
class FactShown:
    """A fact as a condition used it. ``origin`` names the source, ``day`` the date where known.

    ``label`` is the name without its table, which the page says already.
    """

    name: str
    label: str
    words: str
    known: bool
    derived: bool
    judged: bool
    own: bool
    origin: str
    day: str
    question: str
    holder: str

    @property
    def told(self) -> str:
        """Who says so and since when; of what is not known, who could say."""
        if self.own:
            return self.day
        if not self.known:
            return f"可向{self.holder}查" if self.holder else ""
        if self.derived:
            return "由登记信息算出"
        return "，".join(filter(None, (self.origin, self.day))) if self.origin else ""


@dataclass(frozen=True, slots=True)
class LineShown:
    """One condition: ✓ ✗ ? ◇, its label and words, the facts it used, what is short, and what of the
    working days it counted is provisional."""

    number: int
    sign: str
    answer: str
    label: str
    words: str
    facts: tuple[FactShown, ...]
    steps: tuple[str, ...]
    note: str

    @property
    def spoken(self) -> str:
        """The sign in words, for those who do not see it."""
        return SPOKEN[self.answer]


@dataclass(frozen=True, slots=True)
class ItemShown:
    """One support on one row. Amounts are fen; ``high`` None: no upper bound is known."""

    row: str
    table: str
    row_key: str
    sign: str
    answer: str
    answer_words: str
    reason: str
    low: int | None
    high: int | None
    bounded: bool
    amount: str
    lines: tuple[LineShown, ...]
    missing: tuple[FactShown, ...]
    judgements: tuple[FactShown, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SupportShown:
    """One support with all rows it was assessed on, in the group of its best answer."""

    key: str
    name: str
    kind: str
    form: str
    group: str
    policy: str
    document_number: str
    document_title: str
    clause: str
    clause_words: str
    clause_heading: str
    source: str
    rule: str
    benefit: str
    low: int | None
    high: int | None
    amount: str
    short: str
    units: tuple[str, ...]
    papers: tuple[str, ...]
    fund: str
    items: tuple[ItemShown, ...]
    more: int

    @property
    def item(self) -> ItemShown:
        return self.items[0]

    @property
    def id(self) -> str:
        """The name within its policy."""
        return self.key.partition("/")[2]


@dataclass(frozen=True, slots=True)
class GroupShown:
    """The supports of one kind of answer."""

    code: str
    title: str
    note: str
    supports: tuple[SupportShown, ...]


@dataclass(frozen=True, slots=True)
class TotalShown:
    """What waits in one form: certain and possible (fen); forms are never added to one another."""

    form: str
    low: int
    high: int | None
    words: str
    low_words: str


@dataclass(frozen=True, slots=True)
class QuestionShown:
    """A missing fact of one row, what hangs on it, and by what it can be asked."""

    table: str
    row_key: str
    fact: str
    row: str
    words: str
    kind: str
    unit: str
    choices: tuple[str, ...]
    holder: str
    supports: tuple[str, ...]
    support_names: tuple[str, ...]
    stakes: tuple[Stake, ...]
    own: bool
    """Whether the subject can answer it; what belongs to another subject it cannot."""

    @property
    def id(self) -> str:
        return f"{self.table}:{self.row_key}:{self.fact}"

    @property
    def stake_words(self) -> str:
        return stake_words(self.stakes)

    @property
    def weight(self) -> tuple[int, ...]:
        """To sort by: what an answer settles, the most first."""
        return weight(self.stakes)


@dataclass(frozen=True, slots=True)
class Shown:
    """A whole dossier as pages and the API show it."""

    on: date
    totals: tuple[TotalShown, ...]
    groups: tuple[GroupShown, ...]
    questions: tuple[QuestionShown, ...]
    unassessed: tuple[str, ...]
    own_used: frozenset[tuple[str, str, str]]
    """Table, key and fact of what counts on the subject's own word."""

    def group(self, code: str) -> GroupShown:
        return next(group for group in self.groups if group.code == code)

    def support(self, key: str) -> SupportShown | None:
        """One support by `policy/support`."""
        return next(
            (one for group in self.groups for one in group.supports if one.key == key), None
        )


GROUPS = (
    ("yes", "应享", "条件都已满足，按下面的说明申请或确认即可。"),
    ("near", "差一步", "只差一个条件，做到就能享受。"),
    ("missing", "缺事实", "还缺几项信息，补上就有结论。"),
    ("judge", "需认定", "需要主管部门认定后才有结论。"),
    ("could", "可争取", "有了这样的事项（如取得证书、完成迁入），按现行政策可以享受。"),
    ("no", "不享", "按现有信息不符合条件，原因写在每一项里。"),
)


def shown(made: Dossier) -> Shown:
    """The dossier as plain values: groups of supports, totals by form, questions by what they settle."""
    found = {
        code: sorted((_support(made, code, items) for items in listed), key=_rank)
        for code, listed in grouped(made).items()
    }
    return Shown(
        on=to_date(made.reference.today),
        totals=tuple(_total(item) for item in totals(made.assessments)),
        groups=tuple(
            GroupShown(code, title, note, tuple(found[code])) for code, title, note in GROUPS
        ),
        questions=tuple(questions(made)),
        unassessed=tuple(not_assessed(made)),
        own_used=frozenset(
            (row.table, row.key, fact)
            for row in _subjects(made)
            for fact, origin in row.origins.items()
            if origin.startswith(OWN)
        ),
    )


def grouped(made: Dossier) -> dict[str, list[list[Assessment]]]:
    """For each group (:data:`GROUPS`) its supports, each by the rows that put it there.

    What pages count is what they list: a support is one, however many rows it was assessed on.
    """
    near = {id(item) for item in made.near_misses()}
    by_key: dict[str, list[Assessment]] = {}
    for item in made.assessments:
        by_key.setdefault(item.support.key, []).append(item)
    found: dict[str, list[list[Assessment]]] = {code: [] for code, _, _ in GROUPS}
    for items in by_key.values():
        for code, chosen in _split(items, near):
            found[code].append(chosen)
    found["could"] = [[item, *by_key.get(item.support.key, ())] for item in within_reach(made)]
    reachable = {items[0].support.key for items in found["could"]}
    found["no"] = [items for items in found["no"] if items[0].support.key not in reachable]
    return found


def within_reach(made: Dossier) -> list[Assessment]:
    """Supports on events that the subject does not have: what one happening today could bring.

    Where there are such events, they all failed for what they were, which no later effort changes.
    Outside the dossier: such a row counts in no total and no limit, and asks no question.
    """
    tables = made.library.vocabulary.tables
    rows: dict[str, list[Assessment]] = {}
    for item in made.assessments:
        rows.setdefault(item.support.key, []).append(item)
    out: dict[str, Assessment] = {}
    for subject in {id(row): row for row in _subjects(made)}.values():
        for support in made.library.ready:
            table = tables[support.table]
            if table.owner != subject.table or support.key in out:
                continue
            if not all(_is_past(made, item) for item in rows.get(support.key, ())):
                continue
            item = assess(made.reference, support, _today(made, table, subject))
            # What its group brings already leaves nothing to be had.
            if item.answer is not Answer.NO and (
                support.amount is None or made.would_bring(item)[1] != 0
            ):
                out[support.key] = item
    return list(out.values())


def _today(made: Dossier, table: Table, subject: Row) -> Row:
    """An event that happens today, where the subject is now; the rest of it is unknown."""
    row = Row(table.name, "", links={table.owner: subject})
    if table.moment:
        row.values[table.moment] = made.reference.today
    groups = made.library.vocabulary.tables[subject.table].groups.values()
    home = next(
        (
            subject.values[name]
            for name in groups
            if name in subject.values
            and made.library.vocabulary.tables[subject.table].facts[name].type.kind is Kind.REGION
        ),
        None,
    )
    if home is not None:
        for spec in table.stored:
            if spec.type.kind is Kind.REGION:
                row.values[spec.name] = home
    return row


def _is_past(made: Dossier, item: Assessment) -> bool:
    """Whether a row is a no for what its event was, not for a limit or for what can be changed."""
    lacking = [line for line in item.lines if line.answer is Answer.NO]
    return bool(lacking) and all(
        not can_be_met(made.library.vocabulary, item.support.table, line.number, line.line.node)
        for line in lacking
    )


def _split(items: Sequence[Assessment], near: Container[int]) -> list[tuple[str, list[Assessment]]]:
    """The rows of one support by group; rows that are a plain no count only where nothing else is."""
    out = []
    for answer in (Answer.YES, Answer.MISSING, Answer.JUDGE):
        live = [item for item in items if item.answer is answer]
        if live:
            out.append((CODES[answer], live))
    if not out:
        close = [item for item in items if id(item) in near]
        # What came nearest tells most: paid already, else the fewest conditions missed.
        rest = sorted(items, key=lambda item: (not item.reason, len(item.failing)))
        out.append(("near", close) if close else ("no", rest))
    return out


def _rank(one: SupportShown) -> tuple[int, str]:
    """The most money first."""
    return (-(one.high if one.high is not None else one.low or 0), one.key)


def _support(made: Dossier, code: str, items: Sequence[Assessment]) -> SupportShown:
    first, support = items[0], items[0].support
    policy, clause = made.library.by_id[support.policy], made.library.clause_of(support)
    low, high = _amounts(made, code, items)
    listed = tuple(_item(made, item, code) for item in items[:MOST_ITEMS])
    return SupportShown(
        key=support.key,
        name=support.name,
        kind=support.kind,
        form=str(support.form),
        group=code,
        policy=policy.id,
        document_number=policy.number,
        document_title=policy.title,
        clause=clause.id,
        clause_words=number_words(clause.number),
        clause_heading=clause.heading,
        source=explain(made, first).source,
        rule=rule_words(support),
        benefit=support.benefit,
        low=low,
        high=high,
        amount=_amount(support, code, low, high),
        short=_short(code, listed),
        units=support.units or clause.units,
        papers=support.papers,
        fund=support.fund,
        items=listed,
        more=len(items) - len(listed),
    )


def _amounts(
    made: Dossier, code: str, items: Sequence[Assessment]
) -> tuple[int | None, int | None]:
    """What the rows bring together; of a near miss what it would bring."""
    support = items[0].support
    if support.amount is None or code == "no":
        return None, None
    if code in ("near", "could"):
        low, high = made.would_bring(items[0])
        # How far the step goes decides how much; the present facts give nothing yet.
        return (low, high) if high != 0 else (None, None)
    return total(items)


def _amount(support: Support, code: str, low: int | None, high: int | None) -> str:
    if code == "no":
        return ""
    if support.amount is None:
        return support.benefit or "见政策内容"
    words = range_words(low, high)
    return f"{words}（由主管部门核定）" if support.discretion and low != high else words


def _short(code: str, items: Sequence[ItemShown]) -> str:
    """The one line under a support's name: what to do, or why not."""
    first = items[0]
    match code:
        case "near":
            return "；".join(first.steps)
        case "missing":
            names = dict.fromkeys(fact.label for item in items for fact in item.missing)
            return f"缺：{'、'.join(names)}" if names else ""
        case "judge":
            names = dict.fromkeys(fact.question for item in items for fact in item.judgements)
            return "；".join(names)
        case "could":
            return "；".join(
                line.label or line.words for line in first.lines if line.answer != "yes"
            )
        case "no":
            if first.reason:
                return first.reason
            return "；".join(
                line.label or line.words for line in first.lines if line.answer == "no"
            )
    return ""


def _item(made: Dossier, item: Assessment, code: str) -> ItemShown:
    told = explain(made, item)
    found = {line.number: line for line in item.lines}
    lines = tuple(
        _line(line, steps(made.reference, found[line.number].line.node, item.row))
        for line in told.lines
    )
    money = item.support.amount is not None and code != "no"
    told_range = code in ("near", "could")
    low, high = _amounts(made, code, [item]) if told_range else (item.low, item.high)
    return ItemShown(
        row=told.row,
        table=item.row.table,
        row_key=item.row.key,
        sign=SIGNS[item.answer],
        answer=CODES[item.answer],
        answer_words=item.answer.chinese,
        reason=str(item.reason),
        low=low if money else None,
        high=high if money else None,
        bounded=item.bounded,
        amount=_amount(item.support, code, low, high),
        lines=lines,
        missing=tuple(_fact(fact) for fact in told.missing),
        judgements=tuple(_fact(fact) for fact in told.judgements),
        steps=tuple(_told(line) for line in lines if line.answer == "no"),
    )


def _line(line: LineWords, lacking: tuple[str, ...]) -> LineShown:
    return LineShown(
        number=line.number,
        sign=SIGNS[line.answer],
        answer=CODES[line.answer],
        label=line.label if line.number else "",
        words=line.text,
        facts=tuple(_fact(fact) for fact in line.facts),
        steps=lacking,
        note=line.note,
    )


def _told(line: LineShown) -> str:
    """What a condition that does not hold is short of, under its label."""
    words = "；".join(line.steps) or line.words
    return f"{line.label}：{words}" if line.label else words


def _fact(fact: FactWords) -> FactShown:
    source, day = fact.origin, ""
    head, _, tail = fact.origin.rpartition(" ")
    if len(tail) == 10 and tail[4] == tail[7] == "-":
        source, day = head, tail
    return FactShown(
        name=fact.name,
        label=fact.name.rpartition(".")[2] if fact.name.count(".") == 1 else fact.name,
        words=fact.value,
        known=fact.known,
        derived=fact.derived,
        judged=fact.judged,
        own=fact.origin.startswith(OWN),
        origin=source,
        day=day,
        question=fact.question,
        holder=fact.holder,
    )


def _total(item: Total) -> TotalShown:
    words = item.words
    if item.certain == item.possible and item.bounded:
        words = item.certain_words
    elif item.certain == item.possible and item.certain:
        words = item.words
    elif item.certain:
        words = f"{item.certain_words}至{item.words}"
    elif item.bounded:
        words = f"最多{item.words}"
    elif item.possible:
        # Nothing of it is certain: 以上 alone would promise it.
        words = f"最多{show_money(item.possible)}，另有数额未知的"
    return TotalShown(
        form=str(item.form),
        low=item.certain,
        high=item.possible if item.bounded else None,
        words=words,
        low_words=item.certain_words,
    )


# -------------------------------------------------------------------- questions


def questions(made: Dossier) -> list[QuestionShown]:
    """The missing facts row by row, the one that settles most money and supports first."""
    subject = {id(row) for row in _subjects(made)}
    waiting: dict[tuple[int, str], tuple[Row, Fact, list[Assessment]]] = {}
    for item in made.assessments:
        for fact in missing_facts(made.reference, item):
            for row in holders(made.reference, fact, item.row):
                place = waiting.setdefault((id(row), fact.name), (row, fact, []))
                place[2].append(item)
    out = [
        _question(made.library, row, fact, items, id(row) in subject)
        for row, fact, items in waiting.values()
    ]
    return sorted(
        out, key=lambda one: (one.weight, -len(one.supports), not one.own, one.table, one.fact)
    )


def holders(reference: Reference, fact: Fact, row: Row) -> list[Row]:
    """The rows in which a missing fact is missing: its home, or the events a statistic read."""
    home = reference.home(fact, row)
    if home is None:
        return []
    if home.table == fact.table and fact.name not in home.values:
        return [home]
    events = home.events.get(fact.table)
    if events is None:  # of an event: its siblings
        events = [item for one in home.links.values() for item in one.events.get(fact.table, ())]
    return [item for item in events if fact.name not in item.values]


def _subjects(made: Dossier) -> list[Row]:
    """The rows the asked subject may speak for: itself and its own events."""
    out: dict[int, Row] = {}
    subjects: set[int] = set()
    for item in made.assessments:
        owner = made.library.vocabulary.tables[item.row.table].owner
        subject = item.row.links.get(owner, item.row) if owner else item.row
        if id(subject) not in subjects:
            subjects.add(id(subject))
            out[id(subject)] = subject
            for rows in subject.events.values():
                out |= {id(row): row for row in rows}
    return list(out.values())


def _question(
    rules: Library, row: Row, fact: Fact, items: Sequence[Assessment], own: bool
) -> QuestionShown:
    vocabulary = rules.vocabulary
    names = dict.fromkeys(item.support.key for item in items)
    blank = blank_question(vocabulary.tables[row.table].facts[fact.name], vocabulary)
    return replace(
        blank,
        row_key=row.key,
        row=row_words(row, vocabulary) if vocabulary.tables[row.table].is_event else "",
        supports=tuple(names),
        support_names=tuple(rules.by_key[key].name for key in names),
        stakes=stakes_of(items),
        own=own,
    )


def blank_question(spec: FactSpec, vocabulary: Vocabulary) -> QuestionShown:
    """The question of a fact, on which nothing is known to hang."""
    return QuestionShown(
        table=spec.table, row_key="", fact=spec.name, row="",
        words=spec.question or f"{spec.name}是什么？", kind=str(spec.type.kind),
        unit=spec.type.unit, choices=vocabulary.choices.get(spec.type.choices, ()),
        holder=spec.source, supports=(), support_names=(), stakes=(), own=True,
    )  # fmt: skip


def question_of(rules: Library, record: Record, fact: str) -> QuestionShown | None:
    """The question of one fact of one record; None for a fact that cannot be asked."""
    table = rules.vocabulary.tables.get(record.table)
    spec = table.facts.get(fact) if table is not None else None
    if spec is None or spec.judged or spec.type.kind is Kind.TEXT:
        return None
    about = str(record) if record.owner_id is not None else ""
    return replace(blank_question(spec, rules.vocabulary), row_key=record.key, row=about)


# -------------------------------------------------------------------- what changed


@dataclass(frozen=True, slots=True)
class Change:
    """What an answer changed: supports that came to a group or left it, and the totals by form."""

    words: tuple[str, ...]
    better: bool


ENTERED = {
    "could": "{n}项可争取", "yes": "新增{n}项应享", "near": "{n}项变为差一步", "missing": "{n}项还缺事实",
    "judge": "{n}项转为需认定", "no": "{n}项确定不享",
}  # fmt: skip


def changes(before: Shown, after: Shown) -> Change:
    """The difference of two views in words: groups entered with names, then the money by form."""
    was = _places(before)
    words: list[str] = []
    better = False
    for group in after.groups:
        new = [one for one in group.supports if group.code not in was.get(one.key, set())]
        if new:
            names = "、".join(one.name for one in new[:3]) + ("等" if len(new) > 3 else "")
            words.append(f"{ENTERED[group.code].format(n=len(new))}：{names}")
            better = better or group.code == "yes"
    old = {item.form: item for item in before.totals}
    now = {item.form: item for item in after.totals}
    for form in dict.fromkeys([*now, *old]):
        one, two = old.get(form), now.get(form)
        if (one and one.words) != (two and two.words):
            words.append(f"{form}合计：{one.words if one else '无'} → {two.words if two else '无'}")
    return Change(tuple(words) or ("已记下。这一项没有改变现有结论。",), better)


def _places(view: Shown) -> dict[str, set[str]]:
    out: dict[str, set[str]] = {}
    for group in view.groups:
        for one in group.supports:
            out.setdefault(one.key, set()).add(group.code)
    return out


__all__ = [
    "GROUPS", "within_reach", "OWN", "Change", "FactShown", "GroupShown", "ItemShown", "Known", "LineShown",
    "QuestionShown", "Shown", "SupportShown", "TotalShown", "changes", "dossier_of", "fill_in",
    "grouped", "holders", "question_of", "blank_question", "questions", "rows_of", "shown",
]  # fmt: skip

"""The interview of the public calculator: asks only what can still change an answer.

What was told is a list of :class:`Told` in the order it was told, kept as JSON in a
:class:`~huiqi.portal.matching.models.Calculation`. A thing that happened (a certificate, a move) is
first asked for as a whole: 有, 没有, 不清楚; only what is there is asked about further. What has not been
asked is unknown, never false.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from django.db import transaction

from huiqi.portal.base.access import Actor
from huiqi.portal.base.models import User
from huiqi.portal.matching.answers import QuestionShown, Shown, blank_question, questions, shown
from huiqi.portal.matching.models import Calculation
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import Statistic
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.library.rows import FactsFile, Row
from huiqi.rulebook.library.values import Known, show_known
from huiqi.rulebook.library.vocabulary import Table, Vocabulary, expanded
from huiqi.rulebook.reference.dossier import Dossier, dossier
from huiqi.rulebook.reference.explaining import row_words

HAS = ""
"""In place of a fact's name: whether there is such a thing at all."""
KEPT_DAYS = 30
MOST_TOLD = 400
MOST_ROWS = 20
YEARLY = "每年一行"
"""Words of the vocabulary's note on a table whose rows are years."""
PRESENCE = "有无"
"""The kind of a question whether there is such a thing at all."""
ORIGIN = "本次填写"


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: of which row of which table, which fact (HAS: the row itself), the value."""

    table: str
    row: int
    fact: str
    value: Known | None

    @property
    def id(self) -> str:
        return f"{self.table}:{self.row}:{self.fact}"


@dataclass(frozen=True, slots=True)
class SubjectChoice:
    """A kind of subject somebody may calculate for."""

    table: str
    words: str
    supports: int


@dataclass(frozen=True)
class Interview:
    """What was told of one subject, and what to ask next."""

    library: Library
    on: date
    subject: str
    told: tuple[Told, ...] = field(default=())

    # ------------------------------------------------------------ what is known

    @cached_property
    def _values(self) -> Mapping[tuple[str, int, str], Known | None]:
        told = {(item.table, item.row, item.fact): item.value for item in self.told}
        # A year passes for everybody: there is no use in asking whether it did.
        years = {(table.name, 1, HAS): True for table in self.events if YEARLY in table.note}
        return {**years, **told}

    def asked(self, table: str, row: int, fact: str) -> bool:
        return (table, row, fact) in self._values

    def answer_of(self, table: str, row: int, fact: str) -> Known | None:
        """What was told; None for 不清楚 and for what was not asked."""
        return self._values.get((table, row, fact))

    @cached_property
    def events(self) -> tuple[Table, ...]:
        """The event tables of the subject that some support is assessed on."""
        return tuple(
            table
            for table in self.library.vocabulary.tables.values()
            if table.owner == self.subject
            and any(support.table == table.name for support in self.library.ready)
        )

    @cached_property
    def rules(self) -> Library:
        """The library in which an event counts as not happened only where that was told."""
        settled = frozenset(
            table.name
            for table in self.library.vocabulary.tables.values()
            if table.owner == self.subject and self._values.get((table.name, 1, HAS)) is not None
        )
        vocabulary = settled_vocabulary(self.library.vocabulary, self.subject, settled)
        return Library(vocabulary, self.library.policies, self.library.folder)

    def facts(self, more: str = "") -> FactsFile:
        """The rows told of; an event not asked for or not clear is one row of which nothing is known.

        ``more`` names an event table that gets a further row of which nothing is known.
        """
        vocabulary = self.rules.vocabulary
        subject = self._row(self.subject, 1)
        for link, target in vocabulary.tables[self.subject].links.items():
            subject.links[link] = self._row(target, 1)
        names = dict.fromkeys([*(table.name for table in self.events), *self._told_tables()])
        for name in names:
            count = self.rows(name)
            rows = [self._row(name, number) for number in range(1, count + 1)]
            if not rows and self._values.get((name, 1, HAS)) is None:
                rows = [self._row(name, 1)]
            if name == more:
                rows.append(Row(name, f"{name}-{count + 1}"))
            for row in rows:
                row.links[self.subject] = subject
            if rows:
                subject.events[name] = rows
        return FactsFile({self.subject: subject}, subject.events)

    def rows(self, table: str) -> int:
        """How many rows of an event table were told to exist."""
        count = 0
        while count < MOST_ROWS and self._values.get((table, count + 1, HAS)) is True:
            count += 1
        return count

    def _told_tables(self) -> list[str]:
        tables = self.library.vocabulary.tables
        return [item.table for item in self.told if tables[item.table].owner == self.subject]

    def _row(self, table: str, number: int) -> Row:
        row = Row(table, f"{table}-{number}")
        declared = self.library.vocabulary.tables[table]
        if YEARLY in declared.note and declared.is_event and declared.moment:
            row.values[declared.moment] = days(date(self.on.year - number, 12, 31))
        for (name, at, fact), value in self._values.items():
            if name == table and at == number and fact != HAS and value is not None:
                row.values[fact] = value
                row.origins[fact] = ORIGIN
        return row

    @cached_property
    def dossier(self) -> Dossier:
        return dossier(self.rules, self.facts(), self.on)

    @cached_property
    def result(self) -> Shown:
        """The answers so far; what was not asked counts as unknown."""
        return shown(self.dossier)

    # ------------------------------------------------------------ what to ask

    @cached_property
    def pending(self) -> tuple[QuestionShown, ...]:
        """Every question that could still change an answer, the next one first."""
        found: dict[tuple[str, int, str], QuestionShown] = {}
        for question in questions(self.dossier):
            place = self._place(question)
            if place is None or self.asked(*place):
                continue
            asked = self._presence(place[0], 1, question) if place[2] == HAS else question
            have = found.get(place)
            found[place] = asked if have is None else _joined(have, asked)
        for table in self.events:
            place = (table.name, 1, HAS)
            alive = [
                item.support.key
                for item in self.dossier.assessments
                if item.row.table == table.name and item.answer is not Answer.NO
            ]
            if alive and place not in found and not self.asked(*place):
                found[place] = self._presence(table.name, 1, None, tuple(dict.fromkeys(alive)))
        listed = sorted(found.items(), key=lambda pair: self._order(*pair))
        return (*(question for _, question in listed), *self._further(listed))

    def _place(self, question: QuestionShown) -> tuple[str, int, str] | None:
        """Of which row's fact, or of which event as a whole, a missing fact is to be asked."""
        vocabulary = self.rules.vocabulary
        table = vocabulary.tables[question.table]
        spec = table.facts[question.fact]
        if table.owner == self.subject:
            number = int(question.row_key.rpartition("-")[2])
            if self._values.get((table.name, number, HAS)) is True:
                return (table.name, number, question.fact)
            return (table.name, 1, HAS)
        if isinstance(spec.definition, Statistic) and not spec.question:
            return (spec.definition.event, 1, HAS)
        return (question.table, 1, question.fact)

    def _presence(
        self,
        table: str,
        row: int,
        question: QuestionShown | None,
        supports: tuple[str, ...] = (),
    ) -> QuestionShown:
        declared = self.library.vocabulary.tables[table]
        kind = event_words(declared)
        words = f"有没有以下情况：{kind}？" if row == 1 else f"还有没有别的：{kind}？"
        keys = question.supports if question else supports
        return QuestionShown(
            table=table, row_key=f"{table}-{row}", fact=HAS, row=table, words=words,
            kind=PRESENCE, unit="", choices=(), holder="", supports=keys,
            support_names=tuple(self.library.by_key[key].name for key in keys),
            stakes=question.stakes if question else (), own=True,
        )  # fmt: skip

    def _further(
        self, listed: Sequence[tuple[tuple[str, int, str], QuestionShown]]
    ) -> list[QuestionShown]:
        """Whether there is another of a kind told before, once that one is asked through."""
        out = []
        for table in self.events:
            number = self.rows(table.name)
            open_ = any(place[0] == table.name for place, _ in listed)
            if YEARLY in table.note or not number or open_:
                continue
            if self.asked(table.name, number + 1, HAS):
                continue
            if number < MOST_ROWS and (keys := self._matters(table.name)):
                out.append(self._presence(table.name, number + 1, None, keys))
        return out

    def _matters(self, table: str) -> tuple[str, ...]:
        """The supports that one more row of a table could bring."""
        file = self.facts(more=table)
        made = dossier(self.rules, file, self.on)
        last = file.events[table][-1]
        found = [item.support.key for item in made.assessments
                 if item.row is last and item.answer is not Answer.NO]  # fmt: skip
        return tuple(dict.fromkeys(found))

    def _order(
        self, place: tuple[str, int, str], question: QuestionShown
    ) -> tuple[int, tuple[int, ...], int]:
        """What groups results comes first; then an event begun; then what settles most."""
        opening = openings(self.library.vocabulary, self.subject)
        table, number, fact = place
        if table == self.subject and fact in opening:
            return (0, (), opening.index(fact))
        begun = table != self.subject and fact != HAS and number > 0
        return (1 if begun else 2, question.weight, -len(question.supports))

    @property
    def next(self) -> QuestionShown | None:
        return self.pending[0] if self.pending else None

    def question(self, table: str, row: int, fact: str) -> QuestionShown | None:
        """The question behind an answer given or still to give; None where there is no such fact."""
        vocabulary = self.library.vocabulary
        for one in self.pending:
            if self.place_of(one) == (table, row, fact):
                return one
        declared = vocabulary.tables.get(table)
        if declared is None or not self.asked(table, row, fact):
            return None
        if fact == HAS:
            return self._presence(table, row, None)
        spec = declared.facts[fact]
        asked = blank_question(spec, vocabulary)
        return replace(asked, row_key=f"{table}-{row}", row=self._row_words(table, row))

    def place_of(self, question: QuestionShown) -> tuple[str, int, str]:
        return (question.table, int(question.row_key.rpartition("-")[2]), question.fact)

    def _row_words(self, table: str, row: int) -> str:
        if table == self.subject:
            return ""
        vocabulary = self.library.vocabulary
        if not vocabulary.tables[table].is_event:
            return table
        return row_words(self._row(table, row), vocabulary)

    # ------------------------------------------------------------ what was told, and telling

    def shown_answers(self) -> list[tuple[Told, str, str]]:
        """What was told, with the question and the answer in words."""
        vocabulary = self.library.vocabulary
        out = []
        for item in self.told:
            table = vocabulary.tables[item.table]
            if item.fact == HAS:
                words = {True: "有", False: "没有", None: "不清楚"}[item.value]  # type: ignore[index]
                out.append(
                    (
                        item,
                        f"“{item.table}”的情况" + (f"（第{item.row}项）" if item.row > 1 else ""),
                        words,
                    )
                )
                continue
            spec = table.facts[item.fact]
            value = "不清楚" if item.value is None else show_known(item.value, spec, vocabulary)
            question = spec.question or item.fact
            if table.owner == self.subject:
                question = f"{item.table}（第{item.row}项）：{question}"
            out.append((item, question, value))
        return out

    def tell(self, table: str, row: int, fact: str, value: Known | None) -> "Interview":
        """The interview with one more answer, or with an earlier one changed in its place."""
        new = Told(table, row, fact, value)
        if self.asked(table, row, fact):
            told = [new if item.id == new.id else item for item in self.told]
        else:
            told = [*self.told, new][:MOST_TOLD]
        if fact == HAS and value is not True:  # what is not there has no facts
            told = [
                item
                for item in told
                if item.table != table or item.row < row or (item.row == row and item.fact == HAS)
            ]
        return Interview(self.library, self.on, self.subject, tuple(told))

    def take_back(self) -> "Interview":
        """Without the last answer."""
        return Interview(self.library, self.on, self.subject, self.told[:-1])


def _joined(one: QuestionShown, two: QuestionShown) -> QuestionShown:
    """One question for two missing facts of the same event."""
    keys = tuple(dict.fromkeys([*one.supports, *two.supports]))
    names = tuple(dict.fromkeys([*one.support_names, *two.support_names]))
    most = min((one, two), key=lambda item: item.weight)
    return replace(most, supports=keys, support_names=names)


def event_words(table: Table) -> str:
    """What an event is, from the vocabulary's note, without how rows are counted."""
    return table.note.split("，每", 1)[0]


@lru_cache(maxsize=64)
def openings(vocabulary: Vocabulary, subject: str) -> tuple[str, ...]:
    """The facts an interview begins with: what results are grouped by, or what that is computed of."""
    declared = vocabulary.tables[subject]
    names = [
        fact.name
        for name in declared.groups.values()
        for fact in expanded(vocabulary, declared.facts[name].fact())
    ]
    return tuple(dict.fromkeys(names))


@lru_cache(maxsize=256)
def settled_vocabulary(vocabulary: Vocabulary, subject: str, settled: frozenset[str]) -> Vocabulary:
    """The facts of a subject whose events are all told for the tables in ``settled``, and none else.

    A register's completeness says nothing about what a visitor has not been asked yet.
    """
    tables = dict(vocabulary.tables)
    for name, table in tables.items():
        facts = dict(table.facts)
        for spec in table.derived:
            made = spec.definition
            if isinstance(made, Statistic) and vocabulary.tables[made.event].owner == subject:
                known = made.event in settled
                facts[spec.name] = replace(
                    spec, definition=replace(made, empty_is_zero=known, more=not known)
                )
        tables[name] = replace(table, facts=facts)
    return replace(vocabulary, tables=tables)


def subjects(library: Library) -> list[SubjectChoice]:
    """The kinds of subject with supports of their own or of their events, the most first."""
    tables = library.vocabulary.tables
    counts: dict[str, int] = {}
    for support in library.ready:
        table = tables[support.table]
        whose = table.owner or table.name
        counts[whose] = counts.get(whose, 0) + 1
    return [
        SubjectChoice(name, tables[name].note, count)
        for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


# -------------------------------------------------------------------- kept between visits


def begin(subject: str, *, on: date, at: datetime) -> Calculation:
    """A new calculation under a token that cannot be guessed."""
    return Calculation.objects.create(
        token=secrets.token_urlsafe(32), facts={"subject": subject, "told": []}, on=on, made_at=at
    )


def find(token: str, *, at: datetime) -> Calculation | None:
    """The calculation of a token, unless it is older than it is kept."""
    kept = Calculation.objects.filter(token=token, made_at__gt=at - timedelta(days=KEPT_DAYS))
    return kept.first()


def interview(made: Calculation, library: Library) -> Interview:
    """The interview as kept; answers of facts that the vocabulary no longer has are left out."""
    tables = library.vocabulary.tables
    subject = str(made.facts.get("subject", ""))
    told = [
        Told(item["table"], item["row"], item["fact"], item["value"])
        for item in made.facts.get("told", [])
        if item["table"] in tables
        and (item["fact"] == HAS or item["fact"] in tables[item["table"]].facts)
    ]
    return Interview(library, made.on, subject, tuple(told))


def keep(made: Calculation, talk: Interview) -> None:
    """What was told so far."""
    told: list[dict[str, Any]] = [
        {"table": item.table, "row": item.row, "fact": item.fact, "value": item.value}
        for item in talk.told
    ]
    made.facts = {"subject": talk.subject, "told": told}
    made.save(update_fields=["facts"])


@transaction.atomic
def forget_old(*, at: datetime) -> int:
    """Removes calculations older than they are kept; returns how many."""
    removed, _ = Calculation.objects.filter(made_at__lte=at - timedelta(days=KEPT_DAYS)).delete()
    return removed


def belongs_to(made: Calculation, by: Actor) -> bool:
    """Whether a calculation may be taken by an account: nobody's yet, or its own."""
    return made.user_id is None or (isinstance(by.user, User) and made.user_id == by.user.pk)

"""Rules as DuckDB SQL: unknown is NULL, money BIGINT fen, a quantity two columns where it has bounds.

*Straight* is what one writes first: one SELECT, every expression in full in every aggregate.
*Tuned* computes each distinct condition once in a subquery, sums instead of filtered counts, looks a
size class up in a table of limits, drops events that count for nothing before grouping.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from typing import Any

import duckdb
from common import ON, SUBJECT, Answers, files

from huiqi.rulebook.bulk.snapshot import OWNER, Snapshot
from huiqi.rulebook.bulk.tabulate import axes_of
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.bounds import bounds
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import (
    MILLION,
    All,
    Always,
    Choose,
    Compare,
    Condition,
    Constant,
    Discrete,
    Fact,
    Inside,
    Kind,
    Label,
    Least,
    Method,
    Minus,
    Most,
    Not,
    OneOf,
    Op,
    Plus,
    Portion,
    Quantity,
    Rounding,
    Scale,
    Statistic,
    Today,
    Truth,
    facts,
)
from huiqi.rulebook.language.nodes import Any as AnyOf
from huiqi.rulebook.library.policy import Library, Support
from huiqi.rulebook.reference.evaluator import compare
from peers.lookup import Lookup, quoted

Term = str | int | None
LOW, HIGH = "下", "上"


class Unsupported(ValueError):
    """A rule that this translation does not cover."""


class Sql:
    """Translates the rules of one table; ``tuned`` chooses the style."""

    def __init__(self, rules: Library, data: Snapshot, table: str, tuned: bool) -> None:
        self.rules, self.data, self.table, self.tuned = rules, data, table, tuned
        self.today = days(ON)
        self.statistics: dict[str, Fact] = {}
        self.read: set[Fact] = set()
        self.lookups: dict[str, Lookup] = {}

    # ------------------------------------------------------------ conditions

    def condition(self, node: Condition) -> tuple[str, str | None]:
        """Truth, and whether an open row waits for facts (None: always)."""
        match node:
            case Always():
                return ("TRUE" if node.value else "FALSE"), None
            case Truth():
                definition = self.definition(node.fact)
                if definition is not None:
                    return self.condition(definition)
                return self.column(node.fact), "FALSE" if node.fact.judged else None
            case OneOf() | Inside():
                return self.member(node)
            case Compare():
                return self.compared(node), None
            case Not():
                truth, waits = self.condition(node.item)
                return f"(NOT {truth})", waits
            case All():
                return self.joined(node.items, " AND ", "TRUE")
            case AnyOf():
                return self.joined(node.items, " OR ", "FALSE")
        raise Unsupported(type(node).__name__)

    def joined(self, items: Sequence[Condition], word: str, empty: str) -> tuple[str, str | None]:
        return combined([self.condition(item) for item in items], word, empty)

    def definition(self, fact: Fact):  # type: ignore[no-untyped-def]  # a node or None
        spec = self.rules.vocabulary.tables[fact.table].facts[fact.name]
        if spec.definition is not None and fact.path:
            if isinstance(spec.definition, Statistic):
                raise Unsupported(f"counted over a link: {fact.shown}")
            return seen_from(spec.definition, fact.path)
        return spec.definition

    def column(self, fact: Fact) -> str:
        self.read.add(fact)
        return quoted(fact.column)

    def codes(self, node: OneOf | Inside) -> list[int]:
        if isinstance(node, OneOf):
            listed = self.data.lists[node.item.type.choices]
            return [index for index, value in enumerate(listed) if value in node.values]
        listed = self.data.trees[str(node.item.type.kind)]
        tree = self.rules.vocabulary.trees[node.item.type.kind]
        return [
            index
            for index, code in enumerate(listed)
            if any(tree.contains(outer, code) for outer in node.codes)
        ]

    def member(self, node: OneOf | Inside) -> tuple[str, str | None]:
        if isinstance(node.item, Fact) and self.definition(node.item) is None:
            waits = "FALSE" if node.item.judged else None
            return within(self.column(node.item), self.codes(node)), waits
        mask = self.mask(node.item)
        inside = sum(1 << code for code in self.codes(node))
        return (
            f"(CASE WHEN ({mask} & {~inside}) = 0 THEN TRUE WHEN ({mask} & {inside}) = 0 "
            f"THEN FALSE END)"
        ), None

    def mask(self, item: Discrete) -> str:
        listed = self.data.lists[item.type.choices]
        if isinstance(item, Label):
            return str(1 << listed.index(item.value))
        if isinstance(item, Fact):
            definition = self.definition(item)
            if definition is None:
                raw = self.column(item)
                return f"COALESCE(1::BIGINT << {raw}, {(1 << len(listed)) - 1})"
            return self.looked_up(item, definition) or self.mask(definition)
        parts = [*(value for _, value in item.branches), item.otherwise]
        before: list[str] = []
        made = []
        for condition, part in zip(
            [*(self.condition(branch)[0] for branch, _ in item.branches), "TRUE"],
            parts,
            strict=True,
        ):
            possible = [f"COALESCE({condition}, TRUE)"] if condition != "TRUE" else []
            possible += [f"NOT COALESCE({one}, FALSE)" for one in before]
            test = " AND ".join(possible) or "TRUE"
            made.append(f"(CASE WHEN {test} THEN {self.mask(part)} ELSE 0 END)")
            before.append(condition)
        return "(" + " | ".join(made) + ")"

    def looked_up(self, item: Fact, definition: Choose) -> str | None:
        """The column of a look-up; None where this is not the style or the choice is a small one."""
        if not self.tuned:
            return None
        if item.column not in self.lookups:
            plain = Sql(self.rules, self.data, self.table, False)
            axes = axes_of(
                definition,
                self.today,
                lambda node: frozenset(self.codes(node)),
                lambda fact: len(
                    self.data.lists[fact.type.choices]
                    if fact.type.kind is Kind.CHOICE
                    else self.data.trees[str(fact.type.kind)]
                ),
            )
            if axes is None:
                return None
            self.lookups[item.column] = Lookup(item.column, axes, plain.mask(definition))
            self.read |= set(facts(definition))
        return quoted("集." + item.column)

    # ------------------------------------------------------------ quantities

    def compared(self, node: Compare) -> str:
        left, right, op = node.left, node.right, node.op
        plain = isinstance(left, Fact) and isinstance(right, Constant | Today)
        if plain and isinstance(left, Fact) and self.definition(left) is None:
            value = self.today if isinstance(right, Today) else right.value
            shown = str(value)
            if left.type.kind is Kind.DATE:
                shown = f"DATE '{date(1970, 1, 1) + timedelta(days=value)}'"
            made = f"({self.column(left)} {op.value} {shown})"
            open_ = compare(op, (left.low, left.high), (value, value))
            if open_ is Answer.MISSING:
                return made
            return f"COALESCE({made}, {'TRUE' if open_ is Answer.YES else 'FALSE'})"
        (a, b), (c, d) = self.span(left), self.span(right)
        if all(isinstance(end, int) for end in (a, b, c, d)):
            found = compare(op, (a, b), (c, d))  # type: ignore[arg-type]  # ints
            return {Answer.YES: "TRUE", Answer.NO: "FALSE"}.get(found, "NULL")
        if a == b and c == d:
            return f"({shown_term(a)} {op.value} {shown_term(c)})"
        if op in (Op.AT_MOST, Op.LESS):
            (a, b), (c, d) = (c, d), (a, b)
            op = Op.AT_LEAST if op is Op.AT_MOST else Op.MORE
        a_, b_, c_, d_ = (shown_term(end) for end in (a, b, c, d))
        if op is Op.EQUAL:
            yes, no = f"{a_} = {b_} AND {c_} = {d_} AND {a_} = {c_}", f"{b_} < {c_} OR {a_} > {d_}"
        elif op is Op.AT_LEAST:
            yes, no = f"{a_} >= {d_}", f"{b_} < {c_}"
        else:
            yes, no = f"{a_} > {d_}", f"{b_} <= {c_}"
        return f"(CASE WHEN {yes} THEN TRUE WHEN {no} THEN FALSE END)"

    def span(self, node: Quantity) -> tuple[Term, Term]:
        """Lower and upper bound."""
        match node:
            case Constant():
                return node.value, node.value
            case Today():
                return self.today, self.today
            case Fact():
                return self.fact(node)
            case Plus():
                (a, b), (c, d) = self.span(node.left), self.span(node.right)
                return joined_terms(a, "+", c), joined_terms(b, "+", d)
            case Minus():
                (a, b), (c, d) = self.span(node.left), self.span(node.right)
                return joined_terms(a, "-", d), joined_terms(b, "-", c)
            case Scale():
                low, high = self.span(node.item)
                return self.scaled(low, node), self.scaled(high, node)
            case Portion():
                (a, b), (c, d) = self.span(node.item), self.span(node.rate)
                return shared(a, c, node.rounding), shared(b, d, node.rounding)
            case Least():
                spans = [self.span(item) for item in node.items]
                return nearest("LEAST", [low for low, _ in spans]), known(
                    "LEAST", [high for _, high in spans]
                )
            case Most():
                spans = [self.span(item) for item in node.items]
                return known("GREATEST", [low for low, _ in spans]), nearest(
                    "GREATEST", [high for _, high in spans]
                )
            case Choose():
                return self.chosen(node)
        raise Unsupported(type(node).__name__)

    def fact(self, fact: Fact) -> tuple[Term, Term]:
        definition = self.definition(fact)
        if isinstance(definition, Statistic):
            if definition.method is not Method.COUNT:
                raise Unsupported(f"{definition.method}: {fact.shown}")
            self.statistics[fact.name] = fact
            return quoted(fact.name + LOW), quoted(fact.name + HIGH)
        if definition is not None:
            return self.span(definition)  # type: ignore[arg-type]  # a quantity by type
        raw = self.column(fact)
        if fact.type.kind is Kind.DATE:
            raw = f"({raw} - DATE '1970-01-01')"
        return (
            raw if fact.low is None else f"COALESCE({raw}, {fact.low})",
            raw if fact.high is None else f"COALESCE({raw}, {fact.high})",
        )

    def scaled(self, term: Term, node: Scale) -> Term:
        if term is None:
            return None
        if bounds(node.item)[0] < 0:
            raise Unsupported("a share of a negative amount")
        up, down = node.rate.numerator, node.rate.denominator
        extra = {Rounding.DOWN: 0, Rounding.UP: down - 1, Rounding.HALF_UP: 0}[node.rounding]
        if node.rounding is Rounding.HALF_UP:
            return f"(({term}) * {2 * up} + {down}) // {2 * down}"
        return f"((({term}) * {up} + {extra}) // {down})"

    def chosen(self, node: Choose) -> tuple[Term, Term]:
        conditions = [self.condition(branch)[0] for branch, _ in node.branches]
        spans = [self.span(value) for value in (*(v for _, v in node.branches), node.otherwise)]  # type: ignore[arg-type]  # quantities
        if any(end is None or isinstance(end, str) for span in spans for end in span):
            raise Unsupported("a choice between quantities that are not constants")
        lows, highs, before = [], [], []
        for condition, (low, high) in zip([*conditions, "TRUE"], spans, strict=True):
            test = " AND ".join(
                [f"COALESCE({condition}, TRUE)", *(f"NOT COALESCE({one}, FALSE)" for one in before)]
            )
            lows.append(f"CASE WHEN {test} THEN {low} END")
            highs.append(f"CASE WHEN {test} THEN {high} END")
            before.append(condition)
        return f"LEAST({', '.join(lows)})", f"GREATEST({', '.join(highs)})"

    # ------------------------------------------------------------ queries

    def support(self, support: Support) -> tuple[str, str | None, Term, Term, list[str]]:
        """Truth, waits, least and greatest amount, and the distinct conditions."""
        parts = [self.condition(line.node) for line in support.lines]
        truth, waits = combined(parts, " AND ", "TRUE")
        low: Term = None
        high: Term = None
        if support.amount is not None:
            low, high = self.span(support.amount)
            if support.lowest is not None:
                low = self.span(support.lowest)[0]
            if bounds(support.amount)[0] <= 0 and isinstance(high, str):
                truth = f"({truth} AND COALESCE({high} > 0, TRUE))"
        return truth, waits, low, high, [part[0] for part in parts]

    def query(self, supports: Sequence[Support]) -> str:
        """The whole query; columns `number:what`."""
        made = [self.support(support) for support in supports]
        if not self.tuned:
            sums = [
                line
                for number, (support, item) in enumerate(zip(supports, made, strict=True))
                for line in straight(number, support, *item[:4])
            ]
            return f"SELECT {', '.join(sums)} FROM {self.source()}"
        inner: dict[str, str] = {}
        outer: list[str] = []
        for number, (support, item) in enumerate(zip(supports, made, strict=True)):
            parts = [self.condition(line.node) for line in support.lines]
            names = [inner.setdefault(truth, f"c{len(inner)}") for truth, _ in parts]
            truth, waits = combined(
                [
                    (name, part[1] if part[1] in (None, "FALSE") else inner.setdefault(
                        part[1], f"c{len(inner)}"))
                    for name, part in zip(names, parts, strict=True)
                ],
                " AND ",
                "TRUE",
            )  # fmt: skip
            ends: list[Term] = []
            for end in item[2:4]:
                ends.append(
                    inner.setdefault(end, f"c{len(inner)}") if isinstance(end, str) else end
                )
            may_be_nothing = support.amount is not None and bounds(support.amount)[0] <= 0
            if may_be_nothing and isinstance(ends[1], str):
                truth = f"({truth} AND COALESCE({ends[1]} > 0, TRUE))"
            outer += summed(number, support, truth, waits, *ends)
        columns = [f"{text} AS {name}" for text, name in inner.items()]
        source = self.source()
        for lookup in self.lookups.values():
            source = lookup.joined(source)
        return f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(columns)} FROM {source})"

    def source(self) -> str:
        """The assessed table with what is counted over its events and read of its owner."""
        own = sorted({fact.name for fact in self.read if not fact.path})
        linked = sorted({fact.name for fact in self.read if fact.path})
        columns = [f"t.{quoted(name)}" for name in own]
        text = f"{self.rows(self.table, own)} t"
        if linked:
            columns += [f"o.{quoted(name)} AS {quoted(f'{SUBJECT}.{name}')}" for name in linked]
            text += f" LEFT JOIN {self.rows(SUBJECT, linked)} o ON t._id = o._id"
        events: dict[str, list[Fact]] = {}
        for fact in self.statistics.values():
            definition = self.definition(fact)
            events.setdefault(definition.event, []).append(fact)
        for number, (event, counted) in enumerate(events.items()):
            inner = Sql(self.rules, self.data, event, self.tuned)
            sums, tests = [], []
            for fact in counted:
                definition = self.definition(fact)
                truth = inner.condition(definition.where)[0]
                tests.append(f"{truth} IS NOT FALSE")
                low, high = quoted(fact.name + "少"), quoted(fact.name + "多")
                if self.tuned:
                    sums.append(f"SUM(CASE WHEN {truth} THEN 1 ELSE 0 END)::BIGINT AS {low}")
                    sums.append(
                        f"SUM(CASE WHEN {truth} IS NOT FALSE THEN 1 ELSE 0 END)::BIGINT AS {high}"
                    )
                else:
                    sums.append(f"COUNT(*) FILTER (WHERE {truth}) AS {low}")
                    sums.append(f"COUNT(*) FILTER (WHERE {truth} IS NOT FALSE) AS {high}")
                few, many = f"e{number}.{low}", f"e{number}.{high}"
                open_end = "NULL::BIGINT" if definition.more else ""
                spec = self.rules.vocabulary.tables[fact.table].facts[fact.name]
                if definition.empty_is_zero:
                    columns.append(f"COALESCE({few}, 0) AS {quoted(fact.name + LOW)}")
                    most = open_end or f"COALESCE({many}, 0)"
                    columns.append(f"{most} AS {quoted(fact.name + HIGH)}")
                else:
                    least = "NULL" if spec.low is None else spec.low
                    most = "NULL" if spec.high is None else spec.high
                    columns.append(
                        f"CASE WHEN {many} > 0 THEN {few} ELSE {least} END "
                        f"AS {quoted(fact.name + LOW)}"
                    )
                    top = open_end or f"CASE WHEN {many} > 0 THEN {many} ELSE {most} END"
                    columns.append(f"{top} AS {quoted(fact.name + HIGH)}")
            names = sorted({fact.name for fact in inner.read})
            where = f" WHERE {' OR '.join(tests)}" if self.tuned else ""
            text += (
                f" LEFT JOIN (SELECT _id, {', '.join(sums)} FROM {self.rows(event, names)}"
                f"{where} GROUP BY _id) e{number} ON t._id = e{number}._id"
            )
        return f"(SELECT {', '.join(columns)} FROM {text})"

    def rows(self, table: str, names: Sequence[str]) -> str:
        """All parts of a table; `_id` is the subject's number (the owner's, for events)."""
        event = self.rules.vocabulary.tables[table].is_event
        columns = "".join(", " + quoted(name) for name in names)
        parts = [
            f"SELECT {f'{OWNER} + {start}' if event else '_id'} AS _id{columns} "
            f"FROM read_parquet('{path}')"
            for path, start in files(self.data, table)
        ]
        return "(" + " UNION ALL ".join(parts) + ")"


def combined(
    parts: Sequence[tuple[str, str | None]], word: str, empty: str
) -> tuple[str, str | None]:
    """Kleene's and/or is SQL's own; an open result waits if any open part waits."""
    if not parts:
        return empty, None
    truth = "(" + word.join(part for part, _ in parts) + ")"
    if all(waits is None for _, waits in parts):
        return truth, None
    waiting = [
        f"{part} IS NULL" if waits is None else f"({waits} AND {part} IS NULL)"
        for part, waits in parts
        if waits != "FALSE"
    ]
    return truth, "(" + (" OR ".join(waiting) or "FALSE") + ")"


def within(column: str, codes: Sequence[int]) -> str:
    """Membership of a code; neighbours become one interval."""
    if not codes:
        return f"(CASE WHEN {column} IS NOT NULL THEN FALSE END)"
    runs: list[list[int]] = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    parts = [
        f"{column} = {first}" if first == last else f"{column} BETWEEN {first} AND {last}"
        for first, last in runs
    ]
    return "(" + " OR ".join(parts) + ")"


def shown_term(term: Term) -> str:
    return "NULL" if term is None else str(term)


def shared(a: Term, b: Term, rounding: Rounding) -> Term:
    """a × b millionths; both are never negative."""
    if a is None or b is None:
        return None
    product = f"({a})::HUGEINT * ({b})"
    if rounding is Rounding.HALF_UP:
        return f"((({product}) * 2 + {MILLION}) // {2 * MILLION})::BIGINT"
    extra = MILLION - 1 if rounding is Rounding.UP else 0
    return f"(({product} + {extra}) // {MILLION})::BIGINT"


def seen_from(node: Any, path: tuple[str, ...]) -> Any:
    """A definition of a linked subject as read from the row that links to it."""
    if isinstance(node, Fact):
        return replace(node, path=path + node.path)
    if isinstance(node, tuple):
        return tuple(seen_from(item, path) for item in node)
    if is_dataclass(node) and not isinstance(node, type):
        inner = {item.name: seen_from(getattr(node, item.name), path) for item in fields(node)}
        return replace(node, **inner)
    return node


def joined_terms(a: Term, sign: str, b: Term) -> Term:
    return None if a is None or b is None else f"({a} {sign} {b})"


def nearest(word: str, terms: list[Term]) -> Term:
    """The outermost of the ends; no bound where any has none (LEAST alone would skip NULL)."""
    if None in terms:
        return None
    unknown = [f"{term} IS NULL" for term in terms if isinstance(term, str)]
    found = f"{word}({', '.join(str(term) for term in terms)})"
    return f"(CASE WHEN {' OR '.join(unknown)} THEN NULL ELSE {found} END)" if unknown else found


def known(word: str, terms: list[Term]) -> Term:
    """The innermost of those ends that are known."""
    held = [str(term) for term in terms if term is not None]
    return None if not held else f"{word}({', '.join(held)})"


def straight(
    number: int, support: Support, truth: str, waits: str | None, low: Term, high: Term
) -> list[str]:
    out = [
        f'COUNT(*) AS "{number}:rows"',
        f'COUNT(*) FILTER (WHERE {truth}) AS "{number}:yes"',
        f'COUNT(*) FILTER (WHERE {truth} IS NULL) AS "{number}:open"',
    ]
    if waits is not None:
        out.append(f'COUNT(*) FILTER (WHERE {truth} IS NULL AND NOT {waits}) AS "{number}:judge"')
    return out + money(number, support, truth, low, high)


def summed(
    number: int, support: Support, truth: str, waits: str | None, low: Term, high: Term
) -> list[str]:
    out = [
        f'COUNT(*) AS "{number}:rows"',
        f'SUM(CASE WHEN {truth} THEN 1 ELSE 0 END) AS "{number}:yes"',
        f'SUM(CASE WHEN {truth} IS NULL THEN 1 ELSE 0 END) AS "{number}:open"',
    ]
    if waits is not None:
        out.append(
            f'SUM(CASE WHEN {truth} IS NULL AND NOT {waits} THEN 1 ELSE 0 END) AS "{number}:judge"'
        )
    return out + money(number, support, truth, low, high)


def money(number: int, support: Support, truth: str, low: Term, high: Term) -> list[str]:
    if support.amount is None:
        return []
    out = []
    if low is not None:
        sure = f"CASE WHEN {low} > 0 THEN {low} ELSE 0 END" if isinstance(low, str) else max(low, 0)
        out.append(f'SUM(CASE WHEN {truth} THEN {sure} ELSE 0 END) AS "{number}:low"')
    if high is None:
        return [*out, f'COUNT(*) FILTER (WHERE {truth} IS NOT FALSE) AS "{number}:unbounded"']
    most = f"CASE WHEN {high} > 0 THEN {high} ELSE 0 END" if isinstance(high, str) else max(high, 0)
    out.append(f'SUM(CASE WHEN {truth} IS NOT FALSE THEN {most} ELSE 0 END) AS "{number}:high"')
    if isinstance(high, str):
        out.append(
            f"COUNT(*) FILTER (WHERE {truth} IS NOT FALSE AND {high} IS NULL) "
            f'AS "{number}:unbounded"'
        )
    return out


def covered(rules: Library, data: Snapshot, supports: Sequence[Support]) -> list[Support]:
    """The supports this translation can state."""
    out = []
    for support in supports:
        try:
            Sql(rules, data, support.table, False).support(support)
        except Unsupported:
            continue
        out.append(support)
    return out


def prepared(
    rules: Library, data: Snapshot, supports: Sequence[Support], tuned: bool
) -> Callable[[], Answers]:
    """The queries, one per table, with their look-up tables made; running them gives counts and sums
    per support."""
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    if tuned:
        connection.execute("SET preserve_insertion_order = false")
    queries = []
    for table in dict.fromkeys(support.table for support in supports):
        mine = [support for support in supports if support.table == table]
        sql = Sql(rules, data, table, tuned)
        queries.append((mine, sql.query(mine)))
        for lookup in sql.lookups.values():
            for statement in lookup.tables():
                connection.execute(statement.replace("CREATE", "CREATE OR REPLACE", 1))
    return lambda: run(connection, queries)


def run(
    connection: duckdb.DuckDBPyConnection, queries: Sequence[tuple[list[Support], str]]
) -> Answers:
    out: Answers = {}
    for supports, query in queries:
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description]
        found = dict(zip(names, cursor.fetchone(), strict=True))
        for number, support in enumerate(supports):
            rows, yes, open_, judge, low, high, unbounded = (
                int(found.get(f"{number}:{what}") or 0)
                for what in ("rows", "yes", "open", "judge", "low", "high", "unbounded")
            )
            out[support.key] = [
                rows - yes - open_, yes, open_ - judge, judge, low, high, unbounded
            ]  # fmt: skip
    return out

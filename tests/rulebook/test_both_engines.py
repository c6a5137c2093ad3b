"""Traps between the two engines, each a small region with one rule: once found, never again.

Every test asserts the reference's result by its value, and that the bulk engine gives the same cells.
"""

from datetime import date

import pytest

from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.bounds import unsafe
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import (
    BOOL,
    DATE,
    MILLION,
    MONEY,
    RATE,
    All,
    Always,
    Any,
    Choose,
    Compare,
    CompareRatio,
    Condition,
    Constant,
    Fact,
    Inside,
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
    Quotient,
    Round,
    Rounding,
    Scale,
    Statistic,
    Times,
    Truth,
    Type,
)  # fmt: skip
from huiqi.rulebook.library.policy import Line, Stacking, Support
from huiqi.rulebook.library.policy import Times as HowOften
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.library.vocabulary import FactSpec
from huiqi.rulebook.reference.assess import Assessment, Paid, Reason, assess
from huiqi.rulebook.reference.evaluator import Reference
from huiqi.rulebook.reference.settle import settle, total
from tests.generative.comparing import differences, shown
from tests.generative.region import Region, beneficiary
from tests.generative.rules import FRACTIONS, MARK, Example, bare, library_of
from tests.generative.world import LEVEL, ONLY, PEOPLE, REGION, World, plain_world

TODAY = date(2024, 6, 30)
HIGH = 10**15
DAY = days(date(2024, 3, 1))


class Small:
    """A world with rows put in by hand."""

    def __init__(self) -> None:
        self.world: World = plain_world()
        self.region = Region()
        self.supports: list[Support] = []

    def fact(self, table: str, name: str, *path: str) -> Fact:
        return self.world.facts[table][name].fact(path)

    def derive(self, table: str, name: str, type_: Type, definition: object,
               low: int | None = None, high: int | None = None) -> None:  # fmt: skip
        spec = FactSpec(table, name, f"{table}{name}", type_, low, high, definition=definition)  # type: ignore[arg-type]
        self.world.add(spec)

    def row(self, table: str, owner: Row | None = None, **values: object) -> Row:
        links = values.pop("links", {})
        made = Row(table, f"{table}{len(self.region.rows[table]):04d}", dict(values))  # type: ignore[arg-type]
        made.links.update(links)  # type: ignore[call-overload]
        if owner is not None:
            made.links[owner.table] = owner
            owner.events.setdefault(table, []).append(made)
        self.region.rows[table].append(made)
        return made

    def support(
        self, table: str, line: Condition, amount: Quantity | None, **changes: object
    ) -> None:
        from dataclasses import replace

        made = bare(len(self.supports), table, (Line("条件", line, "", MARK),), amount)
        self.supports.append(replace(made, **changes))  # type: ignore[arg-type]

    def example(self, part_rows: int = 2) -> Example:
        library = library_of(self.world.vocabulary(), self.supports)
        return Example(library, TODAY, 0, part_rows)

    def results(self, part_rows: int = 2) -> list[tuple[str, int | None, int | None]]:
        """Answer and range per support and row before limits, equal on both engines."""
        made = self.example(part_rows)
        found = differences(made, self.region)
        assert not found, shown(found, self.region)
        return [(item.answer.name, item.low, item.high) for item in self.assessed(made)]

    def assessed(self, made: Example) -> list[Assessment]:
        reference = Reference(made.library.vocabulary, TODAY)
        self.region.fresh()
        return [
            assess(reference, support, row)
            for support in made.library.supports
            for row in self.region.rows[support.table]
        ]

    def settled(
        self,
    ) -> tuple[list[tuple[str, int | None, int | None, Reason]], tuple[int, int | None]]:
        """The same after limits, and the total."""
        made = self.example()
        found = differences(made, self.region)
        assert not found, shown(found, self.region)
        items = self.assessed(made)
        groups: dict[str, list[Assessment]] = {}
        for item in items:
            who = beneficiary(item.support.beneficiary, item.row)
            groups.setdefault(who.key if who else item.row.key, []).append(item)
        for key, inside in groups.items():
            settle(inside, self.region.paid.get(key, []), made.library.supports)
        return [(i.answer.name, i.low, i.high, i.reason) for i in items], total(items)


@pytest.fixture
def small() -> Small:
    return Small()


# ------------------------------------------------------------ numbers at the edge of 64 bits


@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize("rate", FRACTIONS)
def test_products_at_the_hard_bounds_do_not_wrap(
    small: Small, rounding: Rounding, rate: object
) -> None:
    for value in (HIGH, HIGH - 1, -HIGH, 1 - HIGH, 333, -333, 0):
        small.row("企业", 差=value, 率=1000 * MILLION - 1)
    item = small.fact("企业", "差")
    scaled = Scale(item, rate, rounding, MONEY)  # type: ignore[arg-type]
    portion = Portion(
        Most((item, Constant(0, MONEY)), MONEY), small.fact("企业", "率"), rounding, MONEY
    )
    for amount in (scaled, portion, Round(item, 100, rounding, MONEY), Quotient(item, 7, MONEY)):
        assert not unsafe(amount)
        small.support("企业", Always(True), amount)
        small.support("企业", Always(True), Minus(Constant(0, MONEY), amount, MONEY))
        small.support("企业", Compare(Op.LESS, amount, Constant(0, MONEY)), Constant(1, MONEY))
    small.results()


@pytest.mark.parametrize("op", list(Op))
def test_ratios_at_the_hard_bounds_do_not_wrap(small: Small, op: Op) -> None:
    for left, right in ((HIGH, HIGH), (HIGH - 1, HIGH), (-HIGH, 1), (HIGH, 0), (3, 100), (0, HIGH)):
        small.row("企业", 差=left, 额=right)
    for rate in FRACTIONS:
        ratio = CompareRatio(op, small.fact("企业", "差"), small.fact("企业", "额"), rate)
        if not unsafe(ratio):
            small.support("企业", ratio, Constant(1, MONEY))
    assert len(small.supports) >= 7
    small.results()


def test_what_could_wrap_is_refused(small: Small) -> None:
    money, people = small.fact("企业", "额"), small.fact("企业", "人数")
    product = Times(money, people, MONEY)
    assert unsafe(product)
    assert unsafe(Least((product, Constant(1, MONEY)), MONEY))
    assert unsafe(Compare(Op.MORE, product, Constant(1, MONEY)))
    assert unsafe(Choose(((Compare(Op.MORE, product, product), money),), money, MONEY))
    assert not unsafe(Times(money, Constant(4000, PEOPLE), MONEY))
    assert unsafe(Times(money, Constant(5000, PEOPLE), MONEY))


def test_sums_over_events_do_not_wrap(small: Small) -> None:
    """Ten thousand times the largest amount: no bound is told rather than a wrong one."""
    small.derive(
        "企业", "派", MONEY, Statistic(Method.SUM, "年度", value=small.fact("年度", "额")), 0
    )
    firm, other = small.row("企业"), small.row("企业")
    for _ in range(10_000):
        small.row("年度", firm, 额=HIGH)
    small.row("年度", other, 额=HIGH)
    small.support("企业", Always(True), small.fact("企业", "派"))
    assert small.results(1000) == [("YES", HIGH, None), ("YES", HIGH, HIGH)]


def test_totals_over_rows_do_not_wrap(small: Small) -> None:
    firm = small.row("企业")
    for _ in range(5):
        small.row("认定", firm, 额=HIGH)
    amount = Times(small.fact("认定", "额"), Constant(4000, PEOPLE), MONEY)
    small.support("认定", Always(True), amount)
    small.support("认定", Always(True), amount, subject_cap=2**62)
    rows, whole = small.settled()
    assert whole == (5 * 4000 * HIGH + 2**62, 5 * 4000 * HIGH + 2**62)
    assert rows[5][1:3] == (4000 * HIGH, 4000 * HIGH)


def test_a_negative_constant_brings_nothing(small: Small) -> None:
    small.row("企业")
    small.support("企业", Always(True), Minus(Constant(1, MONEY), Constant(5, MONEY), MONEY))
    assert small.results() == [("NO", 0, 0)]


def test_a_derived_number_never_turns_its_bounds_round(small: Small) -> None:
    """Income less cost below zero, declared never to be: zero, and not both at least and below zero."""
    less = Minus(small.fact("企业", "额"), Constant(100, MONEY), MONEY)
    small.derive("企业", "派", MONEY, less, 0)
    small.row("企业", 额=3)
    small.row("企业")
    derived = small.fact("企业", "派")
    small.support("企业", Compare(Op.AT_LEAST, derived, Constant(0, MONEY)), Constant(1, MONEY))
    small.support("企业", Compare(Op.LESS, derived, Constant(0, MONEY)), Constant(1, MONEY))
    assert [answer for answer, _, _ in small.results()] == ["YES", "YES", "NO", "NO"]


# ------------------------------------------------------------ the unknown


def test_all_values_of_a_list(small: Small) -> None:
    """A fact nobody stated is open even against its whole list; a choice between all is not."""
    level = small.fact("企业", "级")
    pick: Choose = Choose(((Truth(small.fact("企业", "是")), Label("县级", LEVEL)),), level, LEVEL)
    small.derive("企业", "派", LEVEL, pick)
    small.derive("企业", "又派", LEVEL, level)
    small.derive(
        "企业",
        "最近",
        LEVEL,
        Statistic(
            Method.LATEST, "年度", value=small.fact("年度", "级"), order=small.fact("年度", "日")
        ),
    )
    small.row("企业")
    everything = frozenset({"县级", "市级", "省级", "国家级"})
    for name in ("级", "派", "又派", "最近"):
        small.support("企业", OneOf(small.fact("企业", name), everything), Constant(1, MONEY))
    assert [answer for answer, _, _ in small.results()] == ["MISSING", "YES", "MISSING", "MISSING"]


def test_a_list_of_one_value_is_still_unknown(small: Small) -> None:
    order = small.fact("年度", "日")
    earlier = Statistic(Method.EARLIER_COUNT, "年度", order=order, same=(small.fact("年度", "独"),))
    small.derive("年度", "派", PEOPLE, earlier, 0)
    firm = small.row("企业")
    small.row("年度", firm, 日=DAY, 独="唯一")
    small.row("年度", firm, 日=DAY + 1)
    small.support(
        "年度",
        Compare(Op.AT_LEAST, small.fact("年度", "派"), Constant(1, PEOPLE)),
        Constant(1, MONEY),
    )
    assert [answer for answer, _, _ in small.results()] == ["NO", "MISSING"]
    assert ONLY.choices == "独"


def test_derived_facts_behind_an_unknown_link_keep_their_bounds(small: Small) -> None:
    small.derive(
        "集团", "派", PEOPLE, Plus(small.fact("集团", "人数"), Constant(1, PEOPLE), PEOPLE), 0, 100
    )
    group = small.row("集团", 人数=5)
    small.row("企业", links={"集团": group})
    small.row("企业")
    derived = small.fact("集团", "派", "集团")
    small.support("企业", Compare(Op.AT_MOST, derived, Constant(100, PEOPLE)), Constant(1, MONEY))
    small.support("企业", Compare(Op.MORE, derived, Constant(5, PEOPLE)), Constant(1, MONEY))
    assert [answer for answer, _, _ in small.results()] == ["YES", "YES", "YES", "MISSING"]


def test_earlier_events_are_counted_by_derived_facts(small: Small) -> None:
    small.derive(
        "认定", "甲", BOOL, Compare(Op.MORE, small.fact("认定", "额"), Constant(10, MONEY))
    )
    counted = Statistic(
        Method.EARLIER_COUNT,
        "认定",
        Truth(small.fact("认定", "甲")),
        order=small.fact("认定", "日"),
    )
    small.derive("认定", "乙", PEOPLE, counted, 0)
    small.derive("认定", "丙", MONEY, Times(Constant(7, MONEY), small.fact("认定", "乙"), MONEY), 0)
    firm = small.row("企业")
    for day, amount in ((DAY, 11), (DAY + 1, 10), (DAY + 2, 12), (DAY + 3, 0)):
        small.row("认定", firm, 日=day, 额=amount)
    small.support("认定", Always(True), Plus(small.fact("认定", "丙"), Constant(1, MONEY), MONEY))
    assert [low for _, low, _ in small.results()] == [1, 8, 8, 15]


def test_a_support_may_read_no_fact_at_all(small: Small) -> None:
    small.row("企业")
    small.row("人")
    small.support("企业", All(()), Constant(5, MONEY))
    small.support("人", Not(Any(())), small.fact("人", "额"))
    assert small.results() == [("YES", 5, 5), ("YES", 0, None)]


def test_only_open_events_leave_an_incomplete_register_open(small: Small) -> None:
    where = Truth(small.fact("年度", "是"))
    for name, zero in (("甲", True), ("乙", False)):
        counted = Statistic(Method.COUNT, "年度", where, empty_is_zero=zero)
        summed = Statistic(Method.SUM, "年度", where, small.fact("年度", "额"), empty_is_zero=zero)
        small.derive("企业", name, PEOPLE, counted, 0)
        small.derive("企业", name + "额", MONEY, summed, 0)
    small.row("年度", small.row("企业"), 额=5)
    for name in ("甲", "乙"):
        small.support(
            "企业",
            Compare(Op.AT_MOST, small.fact("企业", name), Constant(1, PEOPLE)),
            small.fact("企业", name + "额"),
        )
    assert small.results() == [("YES", 0, 5), ("MISSING", 0, None)]


def test_registers_that_may_lack_events(small: Small) -> None:
    signed, amount = small.fact("年度", "差"), small.fact("年度", "额")
    for name, method, value in (
        ("和", Method.SUM, amount), ("净", Method.SUM, signed), ("大", Method.MAX, amount),
        ("小", Method.MIN, amount), ("近", Method.LATEST, amount),
    ):  # fmt: skip
        made = Statistic(method, "年度", value=value, order=small.fact("年度", "日"), more=True)
        small.derive("企业", name, MONEY, made)
    for events in (2, 0):
        firm = small.row("企业")
        for number in range(events):
            small.row("年度", firm, 额=10 + number, 差=10, 日=DAY + number)
    example = small.example()
    reference = Reference(example.library.vocabulary, TODAY)
    spans = [
        [reference.span(small.fact("企业", name), row) for name in ("和", "净", "大", "小", "近")]
        for row in small.region.rows["企业"]
    ]
    assert spans == [
        [(21, None), (None, None), (11, None), (None, 10), (None, None)],
        [(0, None), (None, None), (None, None), (None, None), (None, None)],
    ]
    for name in ("和", "净", "大", "小", "近"):
        small.support(
            "企业",
            Compare(Op.AT_LEAST, small.fact("企业", name), Constant(11, MONEY)),
            small.fact("企业", name),
        )
    assert [answer for answer, _, _ in small.results()][:2] == ["YES", "MISSING"]


def test_a_judgement_waits_behind_facts(small: Small) -> None:
    small.row("企业", 是=True)
    small.row("企业")
    small.row("企业", 是=False)
    small.row("企业", 是=True, 判=True)
    line = All((Truth(small.fact("企业", "判")), Truth(small.fact("企业", "是"))))
    small.support("企业", line, Constant(1, MONEY))
    assert [answer for answer, _, _ in small.results()] == ["JUDGE", "MISSING", "NO", "YES"]


def test_trees_know_what_lies_below(small: Small) -> None:
    for code in ("14", "1405", "140502", "4101"):
        small.row("企业", 地=code)
    small.row("企业")
    for codes in ({"1405"}, {"14", "4101"}, set(), {"140501"}):
        small.support(
            "企业", Inside(small.fact("企业", "地"), frozenset(codes)), Constant(1, MONEY)
        )
    answers = [answer for answer, _, _ in small.results()]
    assert answers == [
        "NO", "YES", "YES", "NO", "MISSING",
        "YES", "YES", "YES", "YES", "MISSING",
        "NO", "NO", "NO", "NO", "MISSING",
        "NO", "NO", "NO", "NO", "MISSING",
    ]  # fmt: skip
    assert REGION.kind.value == "地区"


def test_a_chain_of_many_extremes_stays_small(small: Small) -> None:
    """Twenty operands once made an expression of 3 to the 20th."""
    small.row("企业", 额=7)
    item = small.fact("企业", "差")
    many: tuple[Quantity, ...] = tuple(Plus(item, Constant(n, MONEY), MONEY) for n in range(20)) + (
        small.fact("企业", "额"),
    )
    small.support("企业", Always(True), Least(many, MONEY))
    small.support("企业", Always(True), Most(many, MONEY))
    assert small.results() == [("YES", 0, 7), ("YES", 7, None)]


# ------------------------------------------------------------ limits


def _cap(small: Small, *supports: dict[str, object]) -> None:
    for changes in supports:
        small.support(
            "认定",
            Always(True),
            small.fact("认定", "额"),
            moment=small.fact("认定", "日"),
            **changes,
        )


def test_beneficiaries_of_different_tables_share_nothing(small: Small) -> None:
    """The first person and the first enterprise are both number 0."""
    firm, person = small.row("企业", 额=10), small.row("人", 额=20)
    assert (firm.key, person.key) == ("企业0000", "人0000")
    for table in ("企业", "人"):
        small.support(
            table, Always(True), small.fact(table, "额"), group="组", stacking=Stacking.HIGHEST
        )
    rows, whole = small.settled()
    assert [row[0] for row in rows] == ["YES", "YES"]
    assert whole == (30, 30)


def test_a_group_over_two_tables_is_settled_as_one(small: Small) -> None:
    firm = small.row("企业", 额=10)
    small.row("认定", firm, 额=20, 日=DAY)
    for table in ("企业", "认定"):
        small.support(
            table, Always(True), small.fact(table, "额"), group="组", stacking=Stacking.HIGHEST
        )
    rows, whole = small.settled()
    assert [row[3] for row in rows] == [Reason.LOWER, Reason.NONE]
    assert whole == (20, 20)


def test_one_row_of_unknown_beneficiary_stands_for_itself(small: Small) -> None:
    firm = small.row("企业")
    for amount in (10, 20):
        small.row("认定", firm, 额=amount, 日=DAY)
    _cap(small, {"beneficiary": ("运营单位",), "times": HowOften.ONCE})
    rows, whole = small.settled()
    assert [row[0] for row in rows] == ["YES", "YES"]
    assert whole == (30, 30)


def test_once_with_an_open_row_before(small: Small) -> None:
    firm = small.row("企业")
    small.row("认定", firm, 额=10, 日=DAY)
    small.row("认定", firm, 额=20, 日=DAY + 1, 是=True)
    small.support("认定", Truth(small.fact("认定", "是")), small.fact("认定", "额"),
                  moment=small.fact("认定", "日"), times=HowOften.ONCE)  # fmt: skip
    rows, whole = small.settled()
    assert rows == [("MISSING", 0, 10, Reason.NONE), ("YES", 10, 20, Reason.NONE)]
    assert whole == (10, 20)


def test_once_with_an_open_row_of_unknown_day(small: Small) -> None:
    firm = small.row("企业")
    small.row("认定", firm, 额=10)
    small.row("认定", firm, 额=20, 日=DAY, 是=True)
    small.support("认定", Truth(small.fact("认定", "是")), small.fact("认定", "额"),
                  moment=small.fact("认定", "日"), times=HowOften.ONCE)  # fmt: skip
    rows, whole = small.settled()
    assert rows == [("MISSING", 0, 10, Reason.NONE), ("YES", 10, 20, Reason.NONE)]
    assert whole == (10, 20)


def test_years_that_are_unknown_are_apart(small: Small) -> None:
    firm = small.row("企业")
    for _ in range(2):
        small.row("认定", firm, 额=20)
    small.support("认定", Truth(small.fact("认定", "是")), small.fact("认定", "额"),
                  moment=small.fact("认定", "日"), year_cap=15)  # fmt: skip
    rows, whole = small.settled()
    assert [row[2] for row in rows] == [15, 15]
    assert whole == (0, 30)


def test_payments_count_in_the_difference(small: Small) -> None:
    firm = small.row("企业")
    small.row("认定", firm, 额=10, 日=DAY)
    small.row("认定", firm, 额=25, 日=DAY + 1)
    _cap(small, {"group": "组", "stacking": Stacking.DIFFERENCE})
    small.region.paid[firm.key] = [Paid("策/支持0", "别的", 15, DAY - 400)]
    rows, whole = small.settled()
    assert rows == [("NO", 0, 0, Reason.LOWER), ("YES", 10, 10, Reason.NONE)]
    assert whole == (10, 10)


def test_what_was_paid_is_taken_off_the_caps(small: Small) -> None:
    firm = small.row("企业")
    titles = [small.row("认定", firm, 额=20, 日=day) for day in (DAY, DAY + 1, DAY + 366)]
    _cap(small, {"year_cap": 30}, {"subject_cap": 45})
    small.region.paid[firm.key] = [
        Paid("策/支持0", titles[0].key, 20, DAY), Paid("策/支持1", "别的", 20, DAY),
    ]  # fmt: skip
    rows, whole = small.settled()
    assert rows == [
        ("NO", 0, 0, Reason.PAID), ("YES", 10, 10, Reason.NONE), ("YES", 20, 20, Reason.NONE),
        ("YES", 20, 20, Reason.NONE), ("YES", 5, 5, Reason.NONE), ("NO", 0, 0, Reason.CAPPED),
    ]  # fmt: skip
    assert whole == (55, 55)


def test_a_stated_benefit_takes_nothing_from_a_cap(small: Small) -> None:
    firm = small.row("企业")
    small.row("认定", firm, 日=DAY)
    small.support("认定", Always(True), None, subject_cap=5, moment=small.fact("认定", "日"))
    rows, whole = small.settled()
    assert rows == [("YES", None, None, Reason.NONE)]
    assert whole == (0, 0) or whole == (0, None)


def test_a_lowest_amount_above_the_highest_gives_way(small: Small) -> None:
    small.row("企业", 额=3)
    small.row("企业")
    small.support("企业", Always(True), Least((small.fact("企业", "额"), Constant(9, MONEY)), MONEY),
                  lowest=Constant(5, MONEY), discretion=True)  # fmt: skip
    assert small.results() == [("YES", 3, 3), ("YES", 0, 9)]


def test_every_answer_has_its_number() -> None:
    assert [answer.value for answer in Answer] == [0, 1, 2, 3]
    assert (DATE.kind.value, RATE.kind.value) == ("日期", "比例")

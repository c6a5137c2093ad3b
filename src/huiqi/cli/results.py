"""What a run over a region looks like on the terminal: budgets, totals, gaps, near misses."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from rich.text import Text

from huiqi.cli.screen import Column, Screen
from huiqi.rulebook.bulk.matching import MatchResult
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.library.policy import Form, Library

TOP = 10
"""How many gaps, near misses and places are printed; the files hold all."""
NOTHING = "—"


def ten_thousands(fen: int, unbounded: int = 0) -> str:
    """Fen in 万元 with two decimals, so that columns compare; a plus where more is possible."""
    if not fen and not unbounded:
        return NOTHING
    value = (Decimal(fen) / 1_000_000).quantize(Decimal("1.00"), ROUND_HALF_UP)
    return f"{value:,}{'+' if unbounded else ''}"


def signed(fen: int) -> str:
    """A difference in 万元 with its sign."""
    if not fen:
        return NOTHING
    return f"{'+' if fen > 0 else '-'}{ten_thousands(abs(fen))}"


def number(value: Fraction) -> str:
    """A figure with at most two decimals."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    shown = exact.quantize(Decimal("1.00"), ROUND_HALF_UP)
    return f"{shown:,}".rstrip("0").rstrip(".")


def count(value: int) -> str:
    return f"{value:,}" if value else NOTHING


def of_all(total: int) -> str:
    """`，前 10 项，共 15 项` where not all are shown."""
    return f"，前 {TOP} 项，共 {total} 项" if total > TOP else ""


def print_match(screen: Screen, library: Library, result: MatchResult) -> None:
    """Budgets by support, totals by form, places, gaps and near misses."""
    _budgets(screen, library, result)
    _totals(screen, result)
    _places(screen, library, result)
    _gaps(screen, result)
    _near(screen, library, result)


def _budgets(screen: Screen, library: Library, result: MatchResult) -> None:
    screen.section("各项支持（万元；确定 = 现有事实已够，可能 = 补齐事实后最多）")
    columns = [
        Column("支持"), Column("形式", wrap=False), Column("应享", "right", wrap=False),
        Column("缺事实", "right", wrap=False), Column("需认定", "right", wrap=False),
        Column("确定", "right", wrap=False), Column("可能", "right", wrap=False),
    ]  # fmt: skip
    rows: list[list[str | Text]] = []
    silent = 0
    for policy in library.policies:
        made: list[list[str | Text]] = []
        for budget in result.budgets:
            support = library.by_key[budget.support]
            if support.policy != policy.id:
                continue
            counts = [budget.count(item) for item in (Answer.YES, Answer.MISSING, Answer.JUDGE)]
            if not any(counts):
                silent += 1
                continue
            stated = support.amount is None
            made.append(
                [
                    support.id if screen.narrow else support.name,
                    str(support.form),
                    *(count(item) for item in counts),
                    "" if stated else ten_thousands(budget.low),
                    "" if stated else ten_thousands(budget.high, budget.unbounded),
                ]
            )
        if made:
            rows += [[Text(policy.short, "head"), *[""] * 6], *made]
    screen.table(columns, rows)
    if silent:
        screen.print(Text(f"另有 {silent} 项没有任何主体可享", "quiet"))


def _totals(screen: Screen, result: MatchResult) -> None:
    screen.section("合计（万元；各种形式不相加，同组只取一项的只算一次）")
    rows = [
        [item.form, ten_thousands(item.low), ten_thousands(item.high, item.unbounded),
         f"{item.unbounded:,} 项上限未知" if item.unbounded else ""]
        for item in result.totals
    ]  # fmt: skip
    columns = [Column("形式"), Column("确定", "right"), Column("可能", "right"), Column("")]
    screen.table(columns, rows, indent=2)


def _places(screen: Screen, library: Library, result: MatchResult) -> None:
    """What is paid out, by county."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for item in result.slices:
        support = library.by_key[item.support]
        if item.by == "地区" and support.form is Form.PAYMENT and support.amount is not None:
            at = sums[item.name]
            for index, value in enumerate((item.yes, item.low, item.high)):
                at[index] += value
    listed = sorted(sums.items(), key=lambda pair: (-pair[1][1], -pair[1][2], pair[0]))
    if not listed:
        return
    screen.section(f"拨付按地区（万元{of_all(len(listed))}）")
    rows = [
        [name, count(yes), ten_thousands(low), ten_thousands(high)]
        for name, (yes, low, high) in listed[:TOP]
    ]
    columns = [Column("地区"), *(Column(word, "right") for word in ("应享", "确定", "可能"))]
    screen.table(columns, rows, indent=2)


def _gaps(screen: Screen, result: MatchResult) -> None:
    if not result.gaps:
        return
    screen.section(f"缺的事实，按牵动的金额{of_all(len(result.gaps))}")
    rows = [
        [gap.fact, gap.holder, f"{gap.rows:,}", str(len(gap.supports)),
         "\n".join(f"{one.form} {ten_thousands(one.fen, one.unbounded)}" for one in gap.stakes)
         or NOTHING]
        for gap in result.gaps[:TOP]
    ]  # fmt: skip
    columns = [
        Column("事实"), Column("谁掌握"), Column("涉及", "right", wrap=False),
        Column("支持", "right", wrap=False), Column("牵动（万元）", "right", wrap=False),
    ]  # fmt: skip
    screen.table(columns, rows, indent=2)


def _near(screen: Screen, library: Library, result: MatchResult) -> None:
    if not result.near:
        return
    screen.section(f"差一步：只差一个条件{of_all(len(result.near))}")
    rows = [
        [library.by_key[item.support].name, item.text, f"{item.rows:,}"]
        for item in result.near[:TOP]
    ]
    columns = [Column("支持"), Column("差什么"), Column("数量", "right", wrap=False)]
    screen.table(columns, rows, indent=2)

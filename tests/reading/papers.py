"""Fictitious official papers for the tests, and short ways to read a phrase inside one."""

from decimal import Decimal

from huiqi.reading import Reading, Support, Target, read

HEAD = "云岭市人民政府\n关于促进创新创业的若干意见\n云政发〔2023〕15号\n各县（市、区）人民政府：\n为促进创新创业，提出如下意见。\n"


def paper(body: str, section: str = "一、加大支持力度") -> str:
    """A paper of one section and one clause that says `body`."""
    return f"{HEAD}{section}\n（一）完善有关工作。{body}（市科技局、市财政局）\n"


def read_text(text: str) -> Reading:
    """Read a text as a file of that text."""
    return read(text.encode(), name="测试.txt")


def supports_of(body: str) -> list[Support]:
    """Supports with figures in a paper that says `body`."""
    reading = read_text(paper(body))
    assert reading.problems == ()
    return [support for support in reading.supports if support.has_figures]


def targets_of(body: str, section: str = "一、加大支持力度") -> list[Target]:
    """Targets in a paper that says `body`."""
    reading = read_text(paper(body, section))
    assert reading.problems == ()
    return list(reading.targets)


def numbers(values: tuple[Decimal, ...]) -> list[str]:
    """Decimals in one spelling: 500000, 0.5."""
    return [f"{value.normalize():f}" for value in values]


def money_of(body: str) -> tuple[list[str], list[str], list[str]]:
    """Amounts, rates and caps (all of them) of the supports in `body`, in order."""
    amounts: list[str] = []
    rates: list[str] = []
    caps: list[str] = []
    for support in supports_of(body):
        amounts += numbers(support.amounts_cny)
        rates += numbers(support.rates_percent)
        caps += numbers(() if support.cap_cny is None else (support.cap_cny,))
        caps += numbers(support.other_caps_cny)
    return amounts, rates, caps


def aims_of(
    body: str, section: str = "一、加大支持力度"
) -> list[tuple[str, str, str | None, str | None]]:
    """(comparator, value, unit, deadline) of the targets in `body`."""
    out = []
    for target in targets_of(body, section):
        value = target.value if isinstance(target.value, tuple) else (target.value,)
        out.append((target.comparator, "-".join(numbers(value)), target.unit, target.deadline))
    return out

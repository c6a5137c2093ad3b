"""Amounts and rates of the text against those of the rule, both directions, per clause."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from huiqi.reading.figures import find_figures
from huiqi.reading.folding import fold
from huiqi.reading.review.align import Passage
from huiqi.reading.review.boundaries import Key, constants, key_of, shown_key
from huiqi.reading.review.findings import Evidence, Finding, Kind, Source, finding
from huiqi.reading.values import Reading
from huiqi.reading.values import Support as Said
from huiqi.rulebook.language.nodes import MILLION
from huiqi.rulebook.language.nodes import Kind as FactKind
from huiqi.rulebook.library.policy import Policy, Support

_PER_CENT = MILLION // 100


def check_amounts(
    policy: Policy, reading: Reading, passages: Sequence[Passage]
) -> Iterator[Finding]:
    """Figures that the clause prints as paid and no rule pays, and the other way round."""
    shadow = fold(reading.text)
    for passage in passages:
        if passage.policy is None:
            continue
        clause = passage.clause
        supports = [item for item in policy.supports if item.clause == passage.policy.id]
        printed = [item for item in reading.supports if clause.start <= item.start < clause.end]
        yield from _not_in_rules(passage, supports, printed)
        anywhere = {
            key
            for figure in find_figures(shadow[clause.start : clause.end])
            for key in key_of(figure)
        }
        yield from _not_in_text(passage, supports, printed, anywhere)


def figures_of(said: Said) -> list[Key]:
    """What a support of the text pays: amounts, caps and floors in fen, rates in millionths."""
    money = [*said.amounts_cny, *said.other_caps_cny]
    money += [value for value in (said.cap_cny, said.floor_cny) if value is not None]
    money += [tier.amount_cny for tier in said.tiers if tier.amount_cny is not None]
    rates = [*said.rates_percent]
    rates += [tier.rate_percent for tier in said.tiers if tier.rate_percent is not None]
    out = [(FactKind.MONEY, int(value * 100)) for value in money]
    out += [(FactKind.RATE, int(rate * _PER_CENT)) for rate in rates]
    return list(dict.fromkeys(out))


def _not_in_rules(
    passage: Passage, supports: list[Support], printed: list[Said]
) -> Iterator[Finding]:
    held = constants(supports)
    # A person fixes what is free or wholly remitted; a rule without a computable figure says so.
    stated = any(support.amount is None for support in supports)
    for said in printed:
        for key in figures_of(said):
            whole = key == (FactKind.RATE, MILLION)
            if key in held or (whole and stated):
                continue
            shown = shown_key(key)
            what = "本条没有任何支持规则" if not supports else "本条的规则里没有这个数"
            yield finding(
                _kind(key),
                f"文本写有 {shown}，{what}",
                "补上或者改正规则；不是发给受益人的数，说明理由",
                Evidence(Source.TEXT, said.quote, start=said.start, end=said.end),
                clause=passage.id,
                key=shown,
            )


def _not_in_text(
    passage: Passage, supports: list[Support], printed: list[Said], anywhere: set[Key]
) -> Iterator[Finding]:
    told = {key for said in printed for key in figures_of(said)} | anywhere
    for support in supports:
        money, rates = support.figures()
        keys: list[Key] = [(FactKind.MONEY, value) for value in sorted(money)]
        keys += [(FactKind.RATE, int(rate * _PER_CENT)) for rate in sorted(rates)]
        for key in keys:
            # All or nothing is said in words (全额, 免征); zero is never printed.
            if key in told or key[1] == 0 or key == (FactKind.RATE, MILLION):
                continue
            shown = shown_key(key)
            yield finding(
                _kind(key),
                f"规则按 {shown} 计算，本条文本里没有这个数",
                "核对规则；数出自别的文件的，在“解释”里写明依据",
                Evidence(
                    Source.RULE,
                    support.amount_text or support.name,
                    f"{support.file}:{support.mark.line}",
                ),
                clause=passage.id,
                support=support.id,
                key=shown,
            )


def _kind(key: Key) -> Kind:
    return Kind.AMOUNT if key[0] is FactKind.MONEY else Kind.RATE


def exact(value: Decimal) -> str:
    """A decimal in one spelling: 500000, 0.5."""
    return f"{value.normalize():f}"

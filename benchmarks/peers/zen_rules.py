"""GoRules zen-engine with expressions made from the same rules, compiled once (a decision
graph compiles them again for every row), row by row on a sample.

Its comparisons fail on null, so each condition is written as surely and maybe, with the test for
null first. Counts over events are given ready-made.
"""

from collections.abc import Callable, Sequence

import polars as pl
import zen

from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.nodes import Fact, Op
from huiqi.rulebook.library.policy import Library, Support
from peers.columns import counted
from peers.rails import Compiler

SIGNS = {Op.EQUAL: "=="}


class Zen:
    """Expressions of zen; facts are called f0, f1 …"""

    true, false = "true", "false"

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def name(self, fact: str) -> str:
        return self.names.setdefault(fact, f"f{len(self.names)}")

    def both(self, parts: Sequence[str]) -> str:
        return self._join(parts, " and ", self.true, self.false)

    def either(self, parts: Sequence[str]) -> str:
        return self._join(parts, " or ", self.false, self.true)

    def _join(self, parts: Sequence[str], sign: str, neutral: str, final: str) -> str:
        rest = [part for part in parts if part != neutral]
        if final in rest:
            return final
        return "(" + sign.join(rest) + ")" if rest else neutral

    def no(self, part: str) -> str:
        return {self.true: self.false, self.false: self.true}.get(part, f"(not ({part}))")

    def known(self, name: str) -> str:
        return f"({self.name(name)} != null)"

    def truth(self, name: str) -> str:
        return f"({self.name(name)} == true)"

    def compared(self, name: str, op: Op, value: int) -> str:
        return f"({self.name(name)} {SIGNS.get(op, op.value)} {value})"

    def among(self, name: str, runs: Sequence[tuple[int, int]]) -> str:
        return self.either([f"({self.name(name)} in [{a}..{b}])" for a, b in runs])

    def counted(self, name: str, end: str, op: Op, value: int) -> str:
        return f"({self.name(f'{name}_{end}')} {SIGNS.get(op, op.value)} {value})"

    def member(self, rails: Compiler, item: Fact, codes: Sequence[int]) -> tuple[str, str] | None:
        return None


def prepared(
    rules: Library, data: Snapshot, supports: Sequence[Support], taken: pl.Series
) -> Callable[[], dict[str, list[Answer]]]:
    """Expressions compiled and contexts ready for the rows taken; evaluating them gives the answer of
    every row for every support."""
    words = Zen()
    rails = Compiler(rules, data, words)
    made = [rails.support(support) for support in supports]
    expressions = {}
    for number, (sure, maybe, waits) in enumerate(made):
        expressions |= {f"s{number}": sure, f"m{number}": maybe}
        if waits is not None:
            expressions[f"w{number}"] = waits
    frame = counted(rules, data, rails.read.values(), rails.counts.values())
    names = dict(words.names)
    chosen = frame[taken].select(pl.col(fact).alias(name) for fact, name in names.items())
    chosen = chosen.with_columns(
        pl.col(name).fill_null(2**31) for fact, name in names.items() if fact.endswith("_high")
    )
    del frame
    contexts = chosen.to_dicts()
    ready = {key: zen.compile_expression(text) for key, text in expressions.items()}

    def evaluate() -> list[dict[str, bool]]:
        return [
            {key: expression.evaluate(context) for key, expression in ready.items()}
            for context in contexts
        ]

    def answers() -> dict[str, list[Answer]]:
        found = evaluate()
        return {
            support.key: [answer(row, number, waits is not None) for row in found]
            for number, (support, (_, _, waits)) in enumerate(zip(supports, made, strict=True))
        }

    return answers


def answer(row: dict[str, bool], number: int, judged: bool) -> Answer:
    """The answer that a row's expressions for one support make."""
    if row[f"s{number}"]:
        return Answer.YES
    if not row[f"m{number}"]:
        return Answer.NO
    return Answer.JUDGE if judged and not row[f"w{number}"] else Answer.MISSING

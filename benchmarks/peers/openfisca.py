"""OpenFisca-core with a tax-benefit system made from the same rules.

*Plain* is how such systems are written: Boolean and float32 variables, unknown is the default.
*Four-valued* carries a known-mask beside each input and a second and third variable beside each
support. Counts over events are given ready-made.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from common import Answers
from openfisca_core import periods
from openfisca_core.entities import build_entity
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from huiqi.rulebook.nodes import Choose, Constant, Fact, Kind, Label, Op
from huiqi.rulebook.policy import Library, Support
from huiqi.rulebook.snapshot import Snapshot
from peers.columns import counted
from peers.rails import Compiler

PERIOD = "2026-11"
ENDLESS = 2**31 - 1
SIGNS = {Op.EQUAL: "=="}


class Numpy:
    """Expressions over arrays; ``v(name)`` computes or reads a variable."""

    true, false = "True", "False"

    def __init__(self, four: bool) -> None:
        self.four = four
        self.derived: dict[str, str] = {}

    def both(self, parts: Sequence[str]) -> str:
        return self._join(parts, " & ", self.true, self.false)

    def either(self, parts: Sequence[str]) -> str:
        return self._join(parts, " | ", self.false, self.true)

    def _join(self, parts: Sequence[str], sign: str, neutral: str, final: str) -> str:
        rest = [part for part in parts if part != neutral]
        if final in rest:
            return final
        return "(" + sign.join(rest) + ")" if rest else neutral

    def no(self, part: str) -> str:
        return {self.true: self.false, self.false: self.true}.get(part, f"(~{part})")

    def known(self, name: str) -> str:
        return f"v('{name}_known')" if self.four else self.true

    def truth(self, name: str) -> str:
        return f"v('{name}')"

    def compared(self, name: str, op: Op, value: int) -> str:
        return f"(v('{name}') {SIGNS.get(op, op.value)} {value})"

    def among(self, name: str, runs: Sequence[tuple[int, int]]) -> str:
        parts = [f"((v('{name}') >= {a}) & (v('{name}') <= {b}))" for a, b in runs]
        return self.either(parts)

    def counted(self, name: str, end: str, op: Op, value: int) -> str:
        end = end if self.four else "low"
        return f"(v('{name}_{end}') {SIGNS.get(op, op.value)} {value})"

    def member(self, rails: Compiler, item: Fact, codes: Sequence[int]) -> tuple[str, str] | None:
        """A derived list fact as a variable of its own, computed once: a code, or a bit mask."""
        if item.name not in self.derived:
            self.derived[item.name] = ""
            self.derived[item.name] = self.value(rails, rails.definition(item))
        inside = sum(1 << code for code in codes)
        mask = f"v('{item.name}')"
        maybe = f"(({mask} & {inside}) != 0)"
        return (f"(({mask} & {~inside}) == 0)", maybe) if self.four else (maybe, maybe)

    def value(self, rails: Compiler, item: object) -> str:
        if isinstance(item, Label):
            return str(1 << rails.data.lists[item.type.choices].index(item.value))
        assert isinstance(item, Choose)
        parts = [(possible, self.value(rails, value)) for possible, value in rails.branches(item)]
        if self.four:
            return "(" + " | ".join(f"np.where({test}, {mask}, 0)" for test, mask in parts) + ")"
        tests = [rails.condition(condition)[0] for condition, _ in item.branches]
        values = [mask for _, mask in parts]
        return f"np.select([{', '.join(tests)}], [{', '.join(values[:-1])}], {values[-1]})"


def run(rules: Library, data: Snapshot, supports: Sequence[Support], four: bool) -> Answers:
    """Counts and sums per support."""
    words = Numpy(four)
    rails = Compiler(rules, data, words)
    made = [rails.support(support) for support in supports]
    enterprise = build_entity(
        key="enterprise", plural="enterprises", label="enterprise", is_person=True
    )
    system = TaxBenefitSystem([enterprise])

    def add(name: str, kind: type, formula: str = "") -> None:
        fields: dict[str, object] = {
            "value_type": kind, "entity": enterprise, "definition_period": periods.MONTH,
            "label": name,
        }  # fmt: skip
        if formula:
            code = compile(formula, name, "eval")

            def compute(population, period, parameters, code=code):  # type: ignore[no-untyped-def]
                scope = {"v": lambda other: population(other, period), "np": np}
                found = eval(code, scope)  # noqa: S307 - our own text
                return np.broadcast_to(np.asarray(found), (population.count,))

            fields["formula"] = compute
        system.add_variable(type(name, (Variable,), fields))

    for name, fact in rails.read.items():
        kind = bool if fact.type.kind is Kind.BOOL else int
        add(name, float if fact.type.kind is Kind.MONEY else kind)
        if four:
            add(f"{name}_known", bool)
    for name in rails.counts:
        add(f"{name}_low", int)
        if four:
            add(f"{name}_high", int)
    for name, formula in words.derived.items():
        add(name, int, formula)
    for number, (support, (sure, maybe, waits)) in enumerate(zip(supports, made, strict=True)):
        add(f"sure_{number}", bool, sure)
        if four:
            add(f"maybe_{number}", bool, maybe)
            if waits is not None:
                add(f"waits_{number}", bool, waits)
        if support.amount is not None:
            if not isinstance(support.amount, Constant):
                raise ValueError(f"not covered: the amount of {support.key}")
            add(f"low_{number}", float, f"np.where(v('sure_{number}'), {support.amount.value}, 0)")
            if four:
                add(
                    f"high_{number}",
                    float,
                    f"np.where(v('maybe_{number}'), {support.amount.value}, 0)",
                )
    frame = counted(rules, data, rails.read.values(), rails.counts.values())
    simulation = SimulationBuilder().build_default_simulation(system, frame.height)
    for name in rails.read:
        series = frame.get_column(name)
        # Unknown becomes the type's default; where nothing names it, a code outside every list.
        empty = False if series.dtype == pl.Boolean else 0
        if rails.read[name].type.kind in (Kind.REGION, Kind.INDUSTRY, Kind.CHOICE):
            empty, series = -1, series.cast(pl.Int32)
        simulation.set_input(name, PERIOD, series.fill_null(empty).to_numpy())
        if four:
            simulation.set_input(f"{name}_known", PERIOD, series.is_not_null().to_numpy())
    for name in rails.counts:
        for end in ("low", "high") if four else ("low",):
            series = frame.get_column(f"{name}_{end}").fill_null(ENDLESS)
            simulation.set_input(f"{name}_{end}", PERIOD, series.cast(pl.Int32).to_numpy())
    rows = frame.height
    del frame
    out: Answers = {}
    for number, (support, (_, _, waits)) in enumerate(zip(supports, made, strict=True)):
        sure = simulation.calculate(f"sure_{number}", PERIOD)
        yes = int(np.count_nonzero(sure))
        open_ = judge = 0
        if four:
            maybe = simulation.calculate(f"maybe_{number}", PERIOD)
            open_ = int(np.count_nonzero(maybe)) - yes
            if waits is not None:
                held = simulation.calculate(f"waits_{number}", PERIOD)
                judge = int(np.count_nonzero(maybe & ~sure & ~held))
        low = high = 0
        if support.amount is not None:
            total = simulation.calculate(f"low_{number}", PERIOD).sum(dtype=np.float64)
            low = high = int(total)
            if four:
                total = simulation.calculate(f"high_{number}", PERIOD).sum(dtype=np.float64)
                high = int(total)
        out[support.key] = [rows - yes - open_, yes, open_ - judge, judge, low, high, 0]
    return out

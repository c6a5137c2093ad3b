"""OpenFisca-core with a tax-benefit system made from the same rules.

*Plain* is how such systems are written: Boolean and float32 variables, unknown is the default.
*Four-valued* carries a known-mask beside each input and a second and third variable beside each
support. Counts over events are given ready-made, as columns of one file that holds nothing but its
inputs. What is timed is what is timed of everyone: from that file to the sums. The same formulas can
be run over 64-bit integers instead, which tells differences of its float32 from differences of the
rules.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
from common import Answers
from openfisca_core import periods
from openfisca_core.entities import build_entity
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.language.nodes import Choose, Constant, Fact, Kind, Label, Op
from huiqi.rulebook.library.policy import Library, Support
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


@dataclass(frozen=True)
class Rule:
    """The formulas of one support, by name: `sure`, `maybe`, `waits`, `low`, `high`."""

    key: str
    formulas: Mapping[str, str]


@dataclass(frozen=True)
class System:
    """The rules as formulas, with the inputs they read."""

    read: Mapping[str, Fact]
    counts: Mapping[str, Fact]
    derived: Mapping[str, str]
    rules: Sequence[Rule]


def translated(rules: Library, data: Snapshot, supports: Sequence[Support], four: bool) -> System:
    words = Numpy(four)
    rails = Compiler(rules, data, words)
    out = []
    for support in supports:
        sure, maybe, waits = rails.support(support)
        formulas = {"sure": sure}
        if four:
            formulas["maybe"] = maybe
            if waits is not None:
                formulas["waits"] = waits
        if support.amount is not None:
            if not isinstance(support.amount, Constant):
                raise ValueError(f"not covered: the amount of {support.key}")
            ends = [("low", "sure"), ("high", "maybe")] if four else [("low", "sure")]
            for end, test in ends:
                own = f"v('{test}_{len(out)}')"
                formulas[end] = f"np.where({own}, {support.amount.value}, 0)"
        out.append(Rule(support.key, formulas))
    return System(rails.read, rails.counts, words.derived, out)


def inputs(system: System, frame: pl.DataFrame, four: bool) -> dict[str, np.ndarray]:
    """Every input as an array of whole numbers or Booleans. Unknown becomes the type's default, as
    where nobody stated it; of a list, a code outside it."""
    out = {}
    for name, fact in system.read.items():
        series = frame.get_column(name)
        empty: bool | int = False if series.dtype == pl.Boolean else 0
        if fact.type.kind in (Kind.REGION, Kind.INDUSTRY, Kind.CHOICE):
            empty, series = -1, series.cast(pl.Int32)
        if series.dtype == pl.Date:
            series = series.to_physical()
        out[name] = series.fill_null(empty).to_numpy()
        if four:
            out[f"{name}_known"] = series.is_not_null().to_numpy()
    for name in system.counts:
        for end in ("low", "high") if four else ("low",):
            series = frame.get_column(f"{name}_{end}").fill_null(ENDLESS)
            out[f"{name}_{end}"] = series.cast(pl.Int32).to_numpy()
    return out


@dataclass
class Prepared:
    """A system ready to be given a region."""

    made: System
    system: TaxBenefitSystem
    file: Path
    four: bool
    computing: float = 0
    """Seconds of the last :meth:`run` that were spent after its inputs stood in memory."""

    def run(self) -> Answers:
        """From the file to counts and sums per support."""
        given, rows = self._given()
        start = perf_counter()
        simulation = SimulationBuilder().build_default_simulation(self.system, rows)
        for name, array in given.items():
            simulation.set_input(name, PERIOD, array)
        found = summed(self.made, rows, lambda name: simulation.calculate(name, PERIOD))
        self.computing = perf_counter() - start
        return found

    def exactly(self) -> Answers:
        """The same formulas over exact integers, without OpenFisca."""
        given, rows = self._given()
        return summed(self.made, rows, exactly(self.made, given, rows))

    def _given(self) -> tuple[dict[str, np.ndarray], int]:
        frame = pl.read_parquet(self.file)
        return inputs(self.made, frame, self.four), frame.height


def prepared(
    rules: Library, data: Snapshot, supports: Sequence[Support], four: bool, folder: Path
) -> Prepared:
    """The rules as a tax-benefit system, and its inputs as one file in a folder."""
    made = translated(rules, data, supports, four)
    file = folder / "inputs.parquet"
    frame = counted(rules, data, made.read.values(), made.counts.values())
    frame.write_parquet(file, compression="lz4")
    types = {name: array.dtype for name, array in inputs(made, frame.head(1), four).items()}
    del frame
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

    money = {name for name, fact in made.read.items() if fact.type.kind is Kind.MONEY}
    for name, dtype in types.items():
        add(name, bool if dtype == np.bool_ else float if name in money else int)
    for name, formula in made.derived.items():
        add(name, int, formula)
    for number, rule in enumerate(made.rules):
        for what, formula in rule.formulas.items():
            add(f"{what}_{number}", float if what in ("low", "high") else bool, formula)
    return Prepared(made, system, file, four)


def exactly(
    system: System, given: Mapping[str, np.ndarray], rows: int
) -> Callable[[str], np.ndarray]:
    """The formulas over the inputs as they are, each computed once."""
    known = dict(given)
    formulas = dict(system.derived)
    for number, rule in enumerate(system.rules):
        formulas |= {f"{what}_{number}": text for what, text in rule.formulas.items()}

    def value(name: str) -> np.ndarray:
        if name not in known:
            scope: dict[str, Any] = {"v": value, "np": np}
            found = eval(formulas[name], scope)  # noqa: S307 - our own text
            known[name] = np.broadcast_to(np.asarray(found), (rows,))
        return known[name]

    return value


def summed(system: System, rows: int, value: Callable[[str], np.ndarray]) -> Answers:
    """Counts and sums per support."""
    out: Answers = {}
    for number, rule in enumerate(system.rules):
        sure = value(f"sure_{number}")
        yes = int(np.count_nonzero(sure))
        open_ = judge = 0
        if "maybe" in rule.formulas:
            maybe = value(f"maybe_{number}")
            open_ = int(np.count_nonzero(maybe)) - yes
            if "waits" in rule.formulas:
                judge = int(np.count_nonzero(maybe & ~sure & ~value(f"waits_{number}")))
        low, high = (
            int(value(f"{end}_{number}").sum(dtype=np.float64)) if end in rule.formulas else None
            for end in ("low", "high")
        )
        out[rule.key] = [
            rows - yes - open_, yes, open_ - judge, judge, low or 0, low or 0 if high is None else high, 0
        ]  # fmt: skip
    return out

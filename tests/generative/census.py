"""What generated examples contained, and what a run should have contained and did not."""

from collections import Counter
from dataclasses import dataclass, field

from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.nodes import (
    EARLIER,
    NODE_TYPES,
    QUANTITIES,
    Choose,
    Compare,
    CompareRatio,
    Fact,
    Inside,
    Kind,
    Label,
    Least,
    Method,
    Most,
    Node,
    OneOf,
    Op,
    Portion,
    Round,
    Rounding,
    Scale,
    Shift,
    Statistic,
    Unit,
    walk,
)  # fmt: skip
from huiqi.rulebook.library.policy import Stacking, Times
from huiqi.rulebook.reference.assess import Assessment, Reason
from tests.generative.rules import Example
from tests.generative.world import STORED

SINGLES = frozenset({Least, Most})


@dataclass
class Census:
    """Counts of everything worth counting, by name."""

    seen: Counter[object] = field(default_factory=Counter)

    def add(self, example: Example) -> None:
        """Count a rule set."""
        for support in example.library.supports:
            for line in support.lines:
                self._nodes("condition", line.node)
            if support.amount is not None:
                self._nodes("amount", support.amount)
            ways = (support.stacking, support.stacking_yearly)
            self.seen.update([support.times, ways, ("year cap", support.year_cap is None)])
            self.seen.update(
                [("cap", support.subject_cap is None), ("by a person", support.discretion)]
            )
            self.seen.update([("amount", support.amount is None), ("end", support.end is None)])
            self.seen.update([("beneficiary links", len(support.beneficiary))])
        for table in example.library.vocabulary.tables.values():
            for spec in table.derived:
                made = spec.definition
                if not isinstance(made, Statistic):
                    self._nodes("definition", made)  # type: ignore[arg-type]  # derived
                    continue
                self.seen[(made.method, made.empty_is_zero, made.more)] += 1
                if made.same:
                    self.seen[(made.method, "same")] += 1
                self._nodes("statistic", made.where)
                for part in (made.value, made.order):
                    if part is not None:
                        self._nodes("statistic", part)

    def _nodes(self, place: str, root: Node) -> None:
        for node in walk(root):
            self.seen[(place, type(node))] += 1
            if isinstance(node, Compare | CompareRatio):
                self.seen[(type(node), node.op)] += 1
            if isinstance(node, Scale | Portion | Round):
                self.seen[(type(node), node.rounding)] += 1
            if isinstance(node, Shift):
                self.seen[node.unit] += 1
            if isinstance(node, OneOf | Inside):
                self.seen[(type(node), type(node.item))] += 1
            if isinstance(node, Choose):
                self.seen[(Choose, node.type.kind)] += 1
            if isinstance(node, Fact):
                self.seen[(node.type.kind, node.name in STORED, bool(node.path), node.judged)] += 1
                self.seen[("links", len(node.path))] += 1

    def results(self, made: list[Assessment]) -> None:
        """Count what came out."""
        for item in made:
            self.seen.update([item.answer, item.reason])
            if item.answer is Answer.YES and item.low != item.high:
                self.seen[("range", item.high is None)] += 1

    def missing(self) -> list[str]:
        """Names of what should have been drawn at least once, and was not."""
        return sorted(str(name) for name in EXPECTED if not self.seen[name])


KINDS = frozenset(Kind) - {Kind.SPAN, Kind.TEXT}
EXPECTED: tuple[object, ...] = (
    *((place, type_) for place in ("condition", "amount", "definition") for type_ in NODE_TYPES),
    *((Compare, op) for op in Op),
    *((type_, way) for type_ in (Scale, Portion, Round) for way in Rounding),
    *Unit,
    *((OneOf, type_) for type_ in (Fact, Label, Choose)),
    (Inside, Fact),
    *((Choose, kind) for kind in (*QUANTITIES, Kind.CHOICE)),
    *(
        (kind, stored, far, False)
        for kind in KINDS
        for stored in (True, False)
        for far in (True, False)
    ),
    *((kind, True, far, True) for kind in (Kind.BOOL, Kind.CHOICE) for far in (True, False)),
    *(("links", length) for length in range(4)),
    *(
        (method, zero, more)
        for method in Method
        for zero in (True, False)
        for more in (True, False)
    ),
    *((method, "same") for method in EARLIER),
    *Times,
    *((way, False) for way in Stacking),
    *(
        (name, way)
        for name in ("year cap", "cap", "by a person", "amount", "end")
        for way in (True, False)
    ),
    *(("beneficiary links", length) for length in range(3)),
    *Answer,
    *Reason,
    *(("range", open_) for open_ in (True, False)),
)

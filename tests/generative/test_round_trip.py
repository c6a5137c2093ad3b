"""What a rule says can be written down and read back: the same nodes, however it is spaced."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from huiqi.rulebook.language import resolve
from huiqi.rulebook.language.bounds import unsafe
from huiqi.rulebook.language.nodes import (
    NODE_TYPES,
    QUANTITIES,
    All,
    Always,
    Any,
    Choose,
    Condition,
    Constant,
    Discrete,
    Fact,
    Kind,
    Label,
    Least,
    Most,
    Node,
    Portion,
    Quantity,
    Round,
    Rounding,
    Scale,
    Type,
    walk,
)  # fmt: skip
from huiqi.rulebook.language.source import Mark, Scalar
from huiqi.rulebook.library.render import render
from huiqi.rulebook.problems import Problem
from tests.generative.rules import Scope, scope_of
from tests.generative.world import plain_world

WORLD = plain_world()
VOCABULARY = WORLD.vocabulary()
NAMES = VOCABULARY.names("认定")
WIDE = str.maketrans("(),+=<>%0123456789", "（），＋＝＜＞％０１２３４５６７８９")
UNSAID = {Always, Choose, Label, Round}  # said by keys of a support, not in an expression


@dataclass(frozen=True)
class Sayable(Scope):
    """Draws only what an expression can say."""

    rounding: Rounding = Rounding.DOWN

    def _round(self, type_: Type, depth: int) -> Quantity:
        return self._plus(type_, depth)

    def _choose(self, type_: Type, depth: int) -> Quantity:
        return self._extreme(type_, depth)

    def _extreme(self, type_: Type, depth: int) -> Quantity:
        items = tuple(self.quantity(type_, depth) for _ in range(self.pick((2, 3))))
        return self.pick((Least, Most))(items, type_)

    def _scale(self, type_: Type, depth: int) -> Quantity:
        made = super()._scale(type_, depth)
        assert isinstance(made, Scale)
        return Scale(made.item, made.rate, self.rounding, made.type)

    def _portion(self, type_: Type, depth: int) -> Quantity:
        rate = next(fact for fact in self.readable if fact.name == "率")
        return Portion(self.natural(type_, depth), rate, self.rounding, type_)

    def discrete(self, type_: Type, depth: int) -> Discrete:
        return self.pick(self.of(type_))

    def some(self, items: tuple[str, ...]) -> frozenset[str]:  # type: ignore[override]
        return super().some(items) or frozenset(items)

    def condition(self, depth: int) -> Condition:
        made = super().condition(depth)
        return self._truth(0) if isinstance(made, Always) else made

    def _all(self, depth: int) -> Condition:
        return All(tuple(self.condition(depth) for _ in range(self.pick((2, 3)))))

    def _any(self, depth: int) -> Condition:
        return Any(tuple(self.condition(depth) for _ in range(self.pick((2, 3)))))


@st.composite
def sayable(draw: st.DrawFn) -> tuple[Node, Rounding]:
    """A condition or a quantity, with the rounding that a support would name for it."""
    way = draw(st.sampled_from(Rounding))
    scope = Sayable(draw, scope_of(draw, WORLD, "认定", judged=True).readable, way)
    if draw(st.booleans()):
        return scope.condition(3), way
    type_ = scope.pick(
        tuple({fact.type: None for fact in scope.readable if fact.type.kind in QUANTITIES})
    )
    return scope.quantity(type_, 3), way


def _read(text: str, like: Node, way: Rounding) -> tuple[Node | None, list[Problem]]:
    problems: list[Problem] = []
    scalar = Scalar(text, Mark("写", 1, 1))
    if hasattr(like, "type"):
        return resolve.quantity(scalar, NAMES, problems, like.type, way), problems
    return resolve.condition(scalar, NAMES, problems, way), problems


@given(sayable())
def test_written_and_read_back(drawn: tuple[Node, Rounding]) -> None:
    node, way = drawn
    text = render(node, VOCABULARY)
    assert not unsafe(node)
    for written in (text, text.replace(" ", ""), text.translate(WIDE), text.replace(" ", "\u3000"),
                    text.replace("×", "*").replace("÷", "/").replace("−", "-")):  # fmt: skip
        found, problems = _read(written, node, way)
        assert (found, problems) == (node, []), written


@given(st.lists(sayable(), min_size=6, max_size=6))
def test_everything_sayable_is_drawn(drawn: list[tuple[Node, Rounding]]) -> None:
    """The examples above are not all leaves; checked over many at once."""
    SEEN.update(type(part) for node, _ in drawn for part in walk(node))


SEEN: set[type] = set()


def test_every_node_that_can_be_said_was_drawn() -> None:
    test_everything_sayable_is_drawn()
    assert set(NODE_TYPES) - UNSAID == SEEN


def test_what_expressions_cannot_say_is_still_written_for_people() -> None:
    money = Type(Kind.MONEY)
    fact = Fact((), "认定", "额", money)
    tiers = Choose(((Always(True), Constant(100, money)),), Constant(0, money), money)
    assert render(tiers, VOCABULARY) == "总是 时 1元；否则 0元"
    assert render(Round(fact, 100, Rounding.UP, money), VOCABULARY) == "认定.额 进位到1元"
    assert render(All(()), VOCABULARY) == "总是"
    assert render(Any(()), VOCABULARY) == "从不"

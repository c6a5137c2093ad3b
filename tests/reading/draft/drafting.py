"""Short ways to a draft: a fictitious paper that says one thing, and the rules made of it."""

from decimal import Decimal
from functools import cache
from pathlib import Path

from huiqi.reading import read
from huiqi.reading.draft import Draft, draft
from huiqi.reading.draft.compare import load_draft
from huiqi.reading.draft.values import DraftSupport
from huiqi.rulebook.language import resolve
from huiqi.rulebook.language.nodes import Condition
from huiqi.rulebook.language.source import Mark, Scalar
from huiqi.rulebook.library.home import policies_folder
from huiqi.rulebook.library.policy import Policy
from huiqi.rulebook.library.vocabulary import Vocabulary, load_vocabulary
from huiqi.rulebook.problems import Problem, errors

# The place is invented; it bears the name of a real county so that the table of places knows it.
HERE = "襄垣县"


@cache
def vocabulary() -> Vocabulary:
    made, problems = load_vocabulary(policies_folder())
    assert errors(problems) == []
    return made


def paper(body: str, issuer: str = HERE) -> str:
    """A paper of one clause. ``issuer`` is the place whose government issues it."""
    return (
        f"{issuer}人民政府\n关于支持创新创业的若干措施\n县政发〔2031〕9号\n各乡镇人民政府：\n"
        "为支持创新创业，制定如下措施。\n一、支持措施\n"
        f"（一）完善支持政策。{body}（责任单位：县科技局、县财政局）\n"
        f"{issuer}人民政府\n2031年4月6日\n"
    )


def drafted(body: str, issuer: str = HERE) -> Draft:
    """The draft of a paper that says ``body``."""
    reading = read(paper(body, issuer).encode(), name="试拟.txt")
    assert errors(reading.problems) == []
    return draft(reading, vocabulary())


def only(body: str, issuer: str = HERE) -> DraftSupport:
    """The one support of such a draft."""
    supports = drafted(body, issuer).supports
    assert len(supports) == 1, [support.id for support in supports]
    return supports[0]


def loaded(made: Draft) -> tuple[Policy, list[Problem]]:
    """The draft as the loader reads it, without errors."""
    policy, problems = load_draft(made, Path(policies_folder()))
    assert errors(problems) == []
    assert policy is not None
    return policy, problems


def texts(support: DraftSupport) -> list[str]:
    """The conditions of a draft support."""
    return [built.condition for built in support.conditions]


def nodes(table: str, conditions: list[str]) -> frozenset[Condition]:
    """Conditions as nodes, so that two wordings of one meaning are equal."""
    names = vocabulary().names(table)
    problems: list[Problem] = []
    made = [resolve.condition(Scalar(c, Mark("", 1, 1)), names, problems) for c in conditions]
    assert errors(problems) == []
    return frozenset(made)


def fen(yuan: int) -> Decimal:
    return Decimal(yuan) * 100

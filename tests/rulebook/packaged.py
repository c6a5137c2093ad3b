"""The packaged policies, loaded once for all tests that read them."""

from functools import cache

from huiqi.rulebook.library.home import policies_folder
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.problems import Problem
from huiqi.rulebook.reference.cases import Case, read_cases


@cache
def loaded() -> tuple[Library, tuple[Problem, ...]]:
    """The library with the problems of its files."""
    made, problems = load(policies_folder())
    return made, tuple(problems)


def library() -> Library:
    return loaded()[0]


@cache
def cases() -> tuple[tuple[Case, ...], tuple[Problem, ...]]:
    """Every boundary case with the problems of their files."""
    made, problems = read_cases(library())
    return tuple(made), tuple(problems)

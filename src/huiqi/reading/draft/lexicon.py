"""The words that drafting knows beyond the vocabulary: one declarative file, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from huiqi.rulebook.language.source import Items, Node, Reader, Scalar, read_yaml
from huiqi.rulebook.problems import Problem

FILE = Path(__file__).with_name("lexicon.yaml")
Words = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Lexicon:
    """What official wording means in terms of a vocabulary; names it lacks are never used.

    ``synonyms`` maps a value of a closed list, ``levels`` a level, ``manners`` a way of
    recognition, ``followed`` a list to what must follow its values, ``events`` and ``subjects`` a table, ``sayings`` a fact (`表.事实`) to words.
    """

    synonyms: Words
    levels: Words
    manners: Words
    followed: Words
    recognised: tuple[str, ...]
    applied: tuple[str, ...]
    first_here: tuple[str, ...]
    events: Words
    subjects: Words
    sayings: Words
    whole: tuple[str, ...]
    judged: tuple[str, ...]
    empty: tuple[str, ...]
    giving: tuple[str, ...]
    openers: tuple[str, ...]
    limits: tuple[str, ...]
    verbs: tuple[str, ...]


@cache
def lexicon() -> Lexicon:
    """The packaged lexicon. A damaged file is a fault of the package and raises ValueError."""
    node, problems = read_yaml(FILE, FILE.name)
    reader = Reader(node, problems, "词典")
    made = Lexicon(
        synonyms=_words(reader, "同义"),
        levels=_words(reader, "级别"),
        manners=_words(reader, "认定方式"),
        followed=_words(reader, "须接"),
        recognised=reader.texts("取得称号"),
        applied=reader.texts("申报称号"),
        first_here=reader.texts("域内首次"),
        events=_words(reader, "事件"),
        subjects=_words(reader, "主体"),
        sayings=_words(reader, "说法"),
        whole=reader.texts("整词"),
        judged=reader.texts("须人判断"),
        empty=reader.texts("虚词"),
        giving=reader.texts("给予"),
        openers=reader.texts("另起"),
        limits=reader.texts("只限"),
        verbs=reader.texts("动词开头"),
    )
    reader.finish()
    if problems:
        raise ValueError(_shown(problems))
    return made


def _words(reader: Reader, key: str) -> dict[str, tuple[str, ...]]:
    return {name: _texts(node) for name, _, node in reader.pairs(key)}


def _texts(node: Node) -> tuple[str, ...]:
    items = node.items if isinstance(node, Items) else (node,)
    return tuple(item.text for item in items if isinstance(item, Scalar))


def _shown(problems: list[Problem]) -> str:
    return "；".join(str(problem) for problem in problems)

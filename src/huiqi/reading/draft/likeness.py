"""How well a few words fit a fact of the vocabulary: shared pairs of characters, rare ones more.

Pairs that many facts share (企业, 日期) say little; pairs of one fact say much. Everything comes from
the vocabulary itself: the fact's name, the question asked for it, and the lexicon's sayings.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from math import log

from huiqi.reading.draft.lexicon import Lexicon
from huiqi.reading.draft.passage import plain
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.vocabulary import FactSpec, Vocabulary

_ASKING = re.compile(
    r"贵单位|是否为|是否在|是否|的是|多少|哪一天|哪一级|哪个|哪类|什么|有几项|吗|您|了|没有请填0"
)
_PREFIX = re.compile(r"^(?:属于|属|是|在(?!孵)|已办|已|有效|有|取得)(?=..)")
_SUFFIX = re.compile(r"(?<=..)(?:数|额|名单)$")


@dataclass(frozen=True)
class Described:
    """One fact with the character pairs of its name and of everything said about it."""

    spec: FactSpec
    name: frozenset[str]
    all: frozenset[str]


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters that are no digits or punctuation."""
    return frozenset(
        text[index : index + 2]
        for index in range(len(text) - 1)
        if _is_word(text[index]) and _is_word(text[index + 1])
    )


def _is_word(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" or char.isalpha()


@dataclass(frozen=True, eq=False)
class Likeness:
    """Looks for the facts that words may mean."""

    vocabulary: Vocabulary
    lexicon: Lexicon

    @cached_property
    def described(self) -> tuple[Described, ...]:
        out = []
        for table in self.vocabulary.tables.values():
            for spec in table.facts.values():
                if spec.type.kind in (Kind.TEXT, Kind.REGION, Kind.INDUSTRY, Kind.DATE):
                    continue
                core = _SUFFIX.sub("", _PREFIX.sub("", plain(spec.name))) or plain(spec.name)
                said = "，".join(self.lexicon.sayings.get(spec.shown, ()))
                asked = _ASKING.sub("，", plain(spec.question))
                out.append(Described(spec, pairs(core), pairs(f"{core}，{asked}，{plain(said)}")))
        return tuple(out)

    @cached_property
    def weights(self) -> dict[str, int]:
        """Pair of characters -> weight in hundredths; unknown pairs weigh most."""
        counted = Counter(pair for item in self.described for pair in item.all)
        total = len(self.described) or 1
        return {pair: int(100 * log(1 + total / many)) for pair, many in counted.items()}

    @cached_property
    def heaviest(self) -> int:
        return max(self.weights.values(), default=1)

    def weigh(self, found: frozenset[str]) -> int:
        return sum(self.weights.get(pair, self.heaviest) for pair in found)

    def fit(self, words: frozenset[str], item: Described) -> int:
        """0 to 100: how much of the fact's name is in the words, and of the words in the fact."""
        shared = words & item.all
        if not shared:
            return 0
        name = self.weigh(words & item.name) * 100 // max(self.weigh(item.name), 1)
        explained = self.weigh(shared) * 100 // max(self.weigh(words), 1)
        return (name + explained) // 2

"""What the words of a support point at in the vocabulary: values, levels, facts, figures."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from huiqi.reading.draft.lexicon import Lexicon
from huiqi.reading.draft.likeness import Described, Likeness, pairs
from huiqi.reading.draft.passage import Passage, phrases, plain
from huiqi.reading.figures import Figure, find_figures
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.problems import Problem

LEVELS = "级别"
MANNERS = "认定方式"
SAID, ALIKE = 90, 62
"""How surely a saying of the lexicon means its fact, and from where on likeness counts."""

_NEGATED = re.compile(r"(?:未(?:被|经|获)?|没有|尚未|非|不含|除)(?:认定为?|列入|取得|获得|通过)?$")
# 市级财政, 省级奖励政策外: a level of government, not of a title.
_NO_TITLE = re.compile(r"(?:本级)?(?:财政|奖励|奖补|政策|经费|科学|部门(?!认定))")
_JOIN = re.compile(
    r"(?:[、,;和及与或]|以及|或者|的|等|企业|认定|备案|评定|新|首次|在库|双创|称号)*"
)
_OUTER_LEVEL = {"省级": "省级", "地级": "市级", "县级": "县级"}


@dataclass(frozen=True, slots=True)
class ValueHit:
    """Words that name a value of one or more closed lists."""

    start: int
    end: int
    options: tuple[tuple[str, str], ...]
    negated: bool = False

    def of(self, listed: str) -> str | None:
        return next((value for name, value in self.options if name == listed), None)


@dataclass(frozen=True, slots=True)
class LevelHit:
    start: int
    end: int
    level: str
    at_least: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Levels said of values: 国家级、省级孵化器和众创空间. Either may be empty, not both."""

    levels: tuple[LevelHit, ...]
    values: tuple[ValueHit, ...]

    @property
    def start(self) -> int:
        return min([*(hit.start for hit in self.levels), *(hit.start for hit in self.values)])

    @property
    def end(self) -> int:
        return max([*(hit.end for hit in self.levels), *(hit.end for hit in self.values)])


@dataclass(frozen=True, slots=True)
class FactHit:
    """Words that state a yes-or-no fact; ``fit`` from 0 to 100."""

    start: int
    end: int
    item: Described
    fit: int


@dataclass(frozen=True, slots=True)
class NumberHit:
    """A figure that bounds a fact; ``candidates`` best first, with their fit."""

    start: int
    end: int
    figure: Figure
    op: str
    candidates: tuple[tuple[Described, int], ...]
    said: bool
    joined_by_or: bool = False


@dataclass(frozen=True, slots=True)
class WordHit:
    """A word of the lexicon and what it stands for (a table, a manner)."""

    start: int
    end: int
    means: str


@dataclass(frozen=True, eq=False)
class Finder:
    """Finds evidence in passages; made once for a vocabulary."""

    vocabulary: Vocabulary
    lexicon: Lexicon

    @cached_property
    def likeness(self) -> Likeness:
        return Likeness(self.vocabulary, self.lexicon)

    @cached_property
    def surfaces(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Every wording of every value -> what it may mean."""
        out: dict[str, dict[tuple[str, str], None]] = {}
        for listed, values in self.vocabulary.choices.items():
            if listed in (LEVELS, MANNERS):
                continue
            for value in values:
                for word in (value, *self.lexicon.synonyms.get(value, ())):
                    if len(word) > 1 and value not in ("企业", "其他", "不适用", "退出"):
                        out.setdefault(plain(word), {})[(listed, value)] = None
        return {word: tuple(options) for word, options in out.items()}

    @cached_property
    def _surface(self) -> re.Pattern[str]:
        return _alternatives(self.surfaces)

    @cached_property
    def _levels(self) -> re.Pattern[str]:
        words = [word for said in self.lexicon.levels.values() for word in said if len(word) > 1]
        return re.compile(rf"{_alternatives(words).pattern}(?P<at>及其以上|及以上|或以上|以上)?")

    @cached_property
    def _level_of(self) -> Mapping[str, str]:
        return {word: level for level, said in self.lexicon.levels.items() for word in said}

    @cached_property
    def _places(self) -> frozenset[str]:
        return frozenset(self.vocabulary.regions.names())

    @cached_property
    def _industries(self) -> frozenset[str]:
        return frozenset(self.vocabulary.industries.names())

    # ------------------------------------------------------------ values and levels

    def values(self, text: str) -> tuple[ValueHit, ...]:
        """Values named in the text, the longest wording first at every place."""
        hits = []
        for found in self._surface.finditer(text):
            options = tuple(
                option
                for option in self.surfaces[found[0]]
                if self._followed(option[0], text[found.end() : found.end() + 4])
            )
            if options:
                negated = bool(_NEGATED.search(text[: found.start()]))
                hits.append(ValueHit(found.start(), found.end(), options, negated))
        return tuple(sorted([*hits, *self._prizes(text)], key=lambda hit: hit.start))

    def _followed(self, listed: str, after: str) -> bool:
        words = self.lexicon.followed.get(listed)
        return words is None or any(word in after for word in words)

    def _prizes(self, text: str) -> list[ValueHit]:
        """一、二、三等奖: the prizes that the list leaves 等奖 out of."""
        out = []
        for found in re.finditer(r"(?:[特一二三四][、和及])+(?=[一二三四]等奖)", text):
            for index in range(found.start(), found.end()):
                word = f"{text[index]}等奖"
                if word in self.surfaces:
                    out.append(ValueHit(index, index + 1, self.surfaces[word]))
        return out

    def levels(self, text: str, values: Iterable[ValueHit]) -> tuple[LevelHit, ...]:
        """Levels named in the text: 省级, 晋城市级, 国家（高新技术企业）, with 以上."""
        hits: dict[int, LevelHit] = {}
        ordered = self.vocabulary.choices.get(LEVELS, ())
        for found in self._levels.finditer(text):
            word = found[0].removesuffix(found["at"] or "")
            level = self._level_of[word]
            if (
                not word.endswith("级")
                and word == "国家"
                and not _before_value(found.end(), values)
            ):
                continue
            begin = found.start()
            if word in ("市级", "县级", "区级"):
                named = self._named_level(text[:begin], word)
                if named is not None:
                    begin, level = named
            if level in ordered and not _NO_TITLE.match(text, found.end()):
                hits[begin] = LevelHit(begin, found.end(), level, bool(found["at"]))
        for hit in values:
            before = text[hit.start - 1 : hit.start]
            level = self._level_of.get(before, "")
            if level in ordered and not _letter_before(text, hit.start - 1):
                hits.setdefault(hit.start - 1, LevelHit(hit.start - 1, hit.start, level, False))
            for word in ("国家级", "国家", "省级", "市级"):
                if text.startswith(word, hit.start) and hit.start not in hits:
                    level = self._level_of[word]
                    hits[hit.start] = LevelHit(hit.start, hit.start + len(word), level, False)
        return tuple(hits[start] for start in sorted(hits))

    def _named_level(self, before: str, word: str) -> tuple[int, str] | None:
        """晋城市级 is 市级 because 晋城市 is a prefecture; 高平市级 is 县级."""
        for length in range(7, 0, -1):
            name = before[-length:] + word[0]
            if name not in self._places:
                continue
            node = self.vocabulary.regions.find(name)
            if not isinstance(node, Problem):
                return len(before) - length, _OUTER_LEVEL.get(node.level, "")
        return None

    def groups(self, text: str) -> tuple[Group, ...]:
        """Values with the levels said of them, in reading order."""
        values = self.values(text)
        levels = self.levels(text, values)
        tokens: list[LevelHit | ValueHit] = sorted(
            (*levels, *values), key=lambda hit: (hit.start, isinstance(hit, ValueHit))
        )
        out: list[Group] = []
        some_levels: list[LevelHit] = []
        some_values: list[ValueHit] = []
        end = -1
        for token in tokens:
            gap = text[max(end, 0) : token.start]
            joined = end < 0 or token.start <= end or _JOIN.fullmatch(gap) is not None
            apart = not joined or (isinstance(token, LevelHit) and bool(some_values))
            if apart and (some_levels or some_values):
                out.append(Group(tuple(some_levels), tuple(some_values)))
                some_levels, some_values = [], []
            if isinstance(token, LevelHit):
                some_levels.append(token)
            else:
                some_values.append(token)
            end = max(end, token.end)
        if some_levels or some_values:
            out.append(Group(tuple(some_levels), tuple(some_values)))
        return tuple(out)

    def industries(self, text: str) -> tuple[tuple[int, int, str], ...]:
        """Industries said of enterprises: 制造业企业, 软件和信息技术服务业企业."""
        out = []
        for found in re.finditer(r"企业|单位|公司", text):
            for length in range(min(12, found.start()), 2, -1):
                name = text[found.start() - length : found.start()]
                if not name.endswith("业"):
                    break
                if name in self._industries:
                    out.append((found.start() - length, found.start(), name))
                    break
        return tuple(out)

    def recognition(self, text: str, award: bool) -> bool:
        """Whether a title or level stands beside words of being recognised (认定为, 获批, 授予).

        ``award``: something is given, so that 申报 and 创建 mean their success.
        """
        values = self.values(text)
        spans = [(hit.start, hit.end) for hit in values]
        spans += [(hit.start, hit.end) for hit in self.levels(text, values)]
        words = (*self.lexicon.recognised, *(self.lexicon.applied if award else ()))
        for found in _alternatives(map(plain, words)).finditer(text):
            if any(a - found.end() <= 8 and found.start() - b <= 8 for a, b in spans):
                return True
        return False

    # ------------------------------------------------------------ facts

    def facts(self, text: str) -> tuple[FactHit, ...]:
        """Yes-or-no facts that the text states, by the lexicon's sayings and by likeness."""
        hits: list[FactHit] = []
        for word in map(plain, self.lexicon.whole):
            text = text.replace(word, "□" * len(word))
        flags = [d for d in self.likeness.described if d.spec.type.kind is Kind.BOOL]
        for item in flags:
            for saying in sorted(
                map(plain, self.lexicon.sayings.get(item.spec.shown, ())), key=len, reverse=True
            ):
                at = text.find(saying)
                if at >= 0:
                    hits.append(FactHit(at, at + len(saying), item, SAID))
                    break
        bare = text
        for hit in self.values(text):  # a named title says nothing more by being like a fact
            bare = f"{bare[: hit.start]}{'□' * (hit.end - hit.start)}{bare[hit.end :]}"
        for start, end in _fine(text):
            words, beside = pairs(text[start:end]), pairs(bare[start:end])
            if not words:
                continue
            for item in flags:
                fit = self.likeness.fit(words, item)
                if fit >= ALIKE and beside & item.all:
                    hits.append(FactHit(start, end, item, fit))
        return tuple(hits)

    def numeric(
        self, words: str, kinds: Iterable[Kind], unit: str = "", least: int = 20
    ) -> tuple[tuple[Described, int], ...]:
        """Numeric facts that the words may mean, best first."""
        words = _ROMAN.sub(lambda match: f"{'一二三'[len(match[1]) - 1]}类", words)
        found = pairs(words)
        allowed = set(kinds)
        rows = []
        for item in self.likeness.described:
            type_ = item.spec.type
            if type_.kind not in allowed or not self._same_unit(type_.unit, unit):
                continue
            fit = self.likeness.fit(found, item)
            if any(plain(said) in words for said in self.lexicon.sayings.get(item.spec.shown, ())):
                fit = max(fit, SAID)
            if fit >= least:
                rows.append((item, fit))
        rows.sort(key=lambda row: -row[1])
        return tuple(rows)

    def _same_unit(self, declared: str, printed: str) -> bool:
        units = self.vocabulary.units
        return not printed or not declared or units.get(printed, printed) == declared

    def numbers(self, text: str, thresholds: Iterable[Figure]) -> tuple[NumberHit, ...]:
        """Figures that bound a fact, with the facts they may bound."""
        out: list[NumberHit] = []
        end_before = 0
        for figure in thresholds:
            kind = _KINDS.get(figure.kind)
            if kind is None:
                continue
            stop = figure.bound_end
            left = max(end_before, _last_break(text, figure.start))
            right = min(_next_break(text, stop), len(text))
            words = text[left : figure.start] + "，" + text[stop:right]
            unit = figure.unit if kind is Kind.COUNT else ""
            op, said = operator(text[left : figure.start], figure.bound or "")
            candidates = self.numeric(words, (kind,), unit)
            if not candidates and out and left == end_before and out[-1].figure.kind == figure.kind:
                candidates = out[-1].candidates  # 200万元以上不满500万元
            out.append(
                NumberHit(
                    left,
                    stop,
                    figure,
                    op,
                    candidates,
                    said,
                    text[end_before : figure.start].startswith("或") and bool(out),
                )
            )
            end_before = stop
        return tuple(out)

    # ------------------------------------------------------------ words

    def manners(self, text: str) -> tuple[WordHit, ...]:
        """首次认定, 重新认定, 复核 as far as the vocabulary knows them."""
        known = self.vocabulary.choices.get(MANNERS, ())
        return _word_hits(
            text, {means: said for means, said in self.lexicon.manners.items() if means in known}
        )

    def events(self, text: str) -> tuple[WordHit, ...]:
        tables = self.vocabulary.tables
        return _word_hits(
            text, {name: said for name, said in self.lexicon.events.items() if name in tables}
        )

    def subjects(self, text: str) -> tuple[WordHit, ...]:
        tables = self.vocabulary.tables
        return _word_hits(
            text, {name: said for name, said in self.lexicon.subjects.items() if name in tables}
        )

    def figures(self, passage: Passage) -> list[Figure]:
        return find_figures(passage.text)


_ROMAN = re.compile(r"(I{1,3})类")
_KINDS = {
    "money": Kind.MONEY,
    "count": Kind.COUNT,
    "percent": Kind.RATE,
    "point": Kind.RATE,
    "multiple": Kind.RATE,
}

_BEFORE = (
    (r"(?:不低于|不少于|不小于|达到|达|至少|满|不得低于|不得少于)$", "达到"),
    (r"(?:不超过|不高于|不多于|不大于|至多|最多|不得超过)$", "不超过"),
    (r"(?:低于|少于|不足|不满|小于|未达到|未达)$", "低于"),
    (r"(?:超过|高于|突破|大于|多于)$", "超过"),
)


def operator(before: str, bound: str) -> tuple[str, bool]:
    """The comparison that words around a figure say, and whether they say one at all."""
    for pattern, op in _BEFORE:
        if re.search(pattern, before):
            return op, True
    if bound in ("以上", "及以上", "或以上"):
        return "达到", True
    if bound in ("以下", "及以下", "以内", "之内", "内"):
        return "不超过", True
    if bound == "以外":
        return "超过", True
    return "达到", bool(re.search(r"(?:每提高|每增加|提高|增加|增长)$", before))


def _alternatives(words: Iterable[str]) -> re.Pattern[str]:
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return re.compile("(?:" + "|".join(map(re.escape, ordered)) + ")" if ordered else r"(?!)")


def _word_hits(text: str, words: Mapping[str, tuple[str, ...]]) -> tuple[WordHit, ...]:
    means = {plain(word): name for name, said in words.items() for word in said}
    if not means:
        return ()
    return tuple(
        WordHit(found.start(), found.end(), means[found[0]])
        for found in _alternatives(means).finditer(text)
    )


def _before_value(end: int, values: Iterable[ValueHit]) -> bool:
    return any(hit.start == end or hit.start <= end <= hit.end for hit in values)


def _letter_before(text: str, at: int) -> bool:
    """Whether the character before could belong to a place's name (高平市…)."""
    return at > 0 and "\u4e00" <= text[at - 1] <= "\u9fff" and text[at - 1] not in "的为和与及或"


_FINE = re.compile(r"且|并|以及|或者|和|与|及|在|的(?!.{0,3}$)")


def _fine(text: str) -> list[tuple[int, int]]:
    """Phrases and their parts at joining words."""
    out = []
    for start, end in phrases(text):
        out.append((start, end))
        at = start
        for mark in _FINE.finditer(text, start, end):
            if mark.start() - at > 1:
                out.append((at, mark.start()))
            at = mark.end()
        if start < at < end - 1:
            out.append((at, end))
    return out


def _last_break(text: str, at: int) -> int:
    return max(text.rfind(mark, 0, at) for mark in ",;。、(") + 1


def _next_break(text: str, at: int) -> int:
    places = [text.find(mark, at) for mark in ",;。、)"]
    return min((place for place in places if place >= 0), default=len(text))

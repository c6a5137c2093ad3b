"""The conditions of a draft support: what its words say in the language of the vocabulary."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from huiqi.reading.draft.evidence import LEVELS, MANNERS, FactHit, Finder, Group, LevelHit, ValueHit
from huiqi.reading.draft.money import own_choice, shown
from huiqi.reading.draft.parts import Part
from huiqi.reading.draft.passage import phrases, plain
from huiqi.reading.draft.tables import Counting, Seen, choice_facts, counted, has_manner
from huiqi.reading.draft.values import Built, Open
from huiqi.rulebook.language import resolve
from huiqi.rulebook.language.nodes import Kind, Method, Statistic
from huiqi.rulebook.language.source import Mark, Scalar
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary
from huiqi.rulebook.problems import Problem, errors

OF_KIND = "属于文中列出的种类"


@dataclass(frozen=True, slots=True)
class Piece:
    """A condition with the stretch of the passage it comes from."""

    condition: str
    note: str
    start: int
    end: int
    sure: bool = True
    # Whether its words name a kind of beneficiary, so that a list of such words means any of them.
    names_kind: bool = False


def conditions(
    finder: Finder,
    part: Part,
    seen: Seen,
    table: str,
    region: str,
    inherited: tuple[Built, ...] = (),
    graded: Iterable[tuple[int, int]] = (),
) -> tuple[tuple[Built, ...], tuple[Open, ...]]:
    """Every condition that could be built, and the phrases that no condition covers.

    ``inherited`` are conditions that 其 refers back to; ``graded`` the stretches that the amount's
    grades already carry.
    """
    vocabulary = finder.vocabulary
    pieces: list[Piece] = []
    pieces += _titles(finder, seen, table, part)
    pieces += _manners(finder, seen, table)
    pieces += _facts(finder, seen, table)
    pieces += _numbers(finder, part, seen, table)
    pieces += _ages(vocabulary, seen.text, table)
    pieces += _industries(finder, seen.text, table)
    pieces = _joined(sorted(pieces, key=lambda piece: (piece.start, piece.end)), seen.text)
    place = _region(finder, seen, table, region)
    if place is not None:
        pieces.append(place)
    built: dict[str, Built] = {}
    open_: list[Open] = []
    for piece in pieces:
        wrong = check(vocabulary, table, piece.condition)
        start, end = part.passage.span(piece.start, piece.end)
        words = seen.text[piece.start : piece.end]
        if wrong:
            open_.append(Open(words, f"写成的条件不合语法：{wrong}", start, end))
            continue
        built.setdefault(
            piece.condition,
            Built(piece.condition, piece.note, words, start, end, piece.sure),
        )
    for old in inherited:
        if old.condition not in built and not check(vocabulary, table, old.condition):
            built[old.condition] = old
    covered = [(piece.start, piece.end) for piece in pieces]
    covered += graded
    open_ += _left(finder, part, seen, covered)
    return tuple(built.values()), tuple(open_)


def check(vocabulary: Vocabulary, table: str, condition: str) -> str:
    """What is wrong with a condition on a table; empty when it resolves."""
    problems: list[Problem] = []
    resolve.condition(Scalar(condition, Mark("", 1, 1)), vocabulary.names(table), problems)
    found = errors(problems)
    return found[0].message if found else ""


# -------------------------------------------------------------------- titles and levels


def _titles(finder: Finder, seen: Seen, table: str, part: Part) -> list[Piece]:
    """国家级、省级孵化器和众创空间 -> conditions on name and level, any of several groups."""
    made = finder.vocabulary.tables[table]
    out: list[Piece] = []
    by_fact: dict[str, list[tuple[str, Group]]] = {}
    levels = own_choice(finder.vocabulary, table, LEVELS)
    tiered: list[Group] = []
    for group in seen.groups:
        if not group.values:
            if levels:
                tiered.append(group)
            continue
        negated = any(hit.negated for hit in group.values)
        fact, values = _listed(finder, table, group.values)
        if fact and (has_manner(made) or not _status(finder, table, group)):
            if negated:
                out.append(_piece(f"{fact} 不是 {'、'.join(values)}", "排除这一类", group))
            else:
                by_fact.setdefault(fact, []).append(("、".join(values), group))
            continue
        counter = _status(finder, table, group)
        bounded = counter is not None and any(
            number.start < group.end
            and group.start < number.end
            and number.candidates
            and number.candidates[0][0].spec.type.kind is Kind.COUNT
            for number in seen.numbers
        )
        own = any(
            hit.item.spec.table == table and hit.start < group.end and group.start < hit.end
            for hit in seen.facts
        )
        if counter is not None and not bounded and not own:
            name = shown(finder.vocabulary, table, counter.spec)
            unit = counter.spec.type.unit
            condition = f"{name} 等于 0{unit}" if negated else f"{name} 达到 1{unit}"
            note = "没有取得这一资质" if negated else "有效期内有这一资质"
            out.append(_piece(condition, note, group, names_kind=not negated))
    for fact, found in by_fact.items():
        out += _on_fact(finder, table, fact, levels, found)
    if not by_fact or not any(group.levels for rows in by_fact.values() for _, group in rows):
        out += _levels_alone(finder, levels, tiered, seen)
    return out


def _piece(condition: str, note: str, group: Group, names_kind: bool = False) -> Piece:
    return Piece(condition, note, group.start, group.end, names_kind=names_kind)


def _listed(
    finder: Finder, table: str, values: tuple[ValueHit, ...]
) -> tuple[str, tuple[str, ...]]:
    """The nearest fact whose list holds the values, with the values it holds."""
    best: tuple[int, str, tuple[str, ...]] = (-1, "", ())
    paths = finder.vocabulary.paths(table)
    for listed in dict.fromkeys(name for hit in values for name, _ in hit.options):
        facts = choice_facts(finder.vocabulary, table, listed)
        if not facts:
            continue
        held = tuple(
            dict.fromkeys(value for hit in values for name, value in hit.options if name == listed)
        )
        prefix, spec = facts[0]
        rank = len(held) * 10 - len(paths[prefix][0])
        if rank > best[0]:
            best = (rank, f"{prefix}.{spec.name}", held)
    return best[1], best[2]


def _status(finder: Finder, table: str, group: Group) -> Counting | None:
    """The counting fact of a subject that says it holds these titles now."""
    vocabulary = finder.vocabulary
    subject = vocabulary.tables[table]
    where = table if not subject.is_event else subject.owner
    if not where or has_manner(subject):
        return None
    for listed in dict.fromkeys(name for hit in group.values for name, _ in hit.options):
        values = {value for hit in group.values if (value := hit.of(listed)) is not None}
        found = counted(vocabulary, where, values, {hit.level for hit in group.levels})
        if found is not None:
            return found
    return None


def _on_fact(
    finder: Finder, table: str, fact: str, levels: str, found: list[tuple[str, Group]]
) -> list[Piece]:
    """Groups on one fact: one group in two plain conditions, several joined by 或."""
    rows: dict[tuple[str, str], Group] = {}
    for values, group in found:
        rows.setdefault((values, level_words(finder, group.levels)), group)
    if len(rows) > 1:
        # A title said again without its level adds nothing.
        rows = {
            key: group
            for key, group in rows.items()
            if key[1]
            or not any(
                other != key and set(key[0].split("、")) <= set(other[0].split("、"))
                for other in rows
            )
        }
    first, last = min(g.start for g in rows.values()), max(g.end for g in rows.values())
    if len(rows) == 1:
        (((values, level), group),) = rows.items()
        out = [Piece(f"{fact} 是 {values}", OF_KIND, group.start, group.end, names_kind=True)]
        if level and levels:
            out.append(Piece(f"{levels} {level}", "文中列出的级别", group.start, group.end))
        return out
    if not any(level for _, level in rows) or not levels:
        values = "、".join(dict.fromkeys(v for key in rows for v in key[0].split("、")))
        return [Piece(f"{fact} 是 {values}", OF_KIND, first, last, names_kind=True)]
    if len({level for _, level in rows}) == 1 and levels:
        values = "、".join(dict.fromkeys(v for key in rows for v in key[0].split("、")))
        level = next(iter(rows))[1]
        return [
            Piece(f"{fact} 是 {values}", OF_KIND, first, last, names_kind=True),
            Piece(f"{levels} {level}", "文中列出的级别", first, last),
        ]
    parts = [
        f"({fact} 是 {values} 且 {levels} {level})" if level else f"{fact} 是 {values}"
        for values, level in rows
    ]
    return [Piece(" 或 ".join(parts), "属于文中列出的种类和级别", first, last)]


def level_words(finder: Finder, levels: Iterable[LevelHit]) -> str:
    """`不低于 市级`, `是 省级、国家级`; empty for none."""
    hits = list(levels)
    if not hits:
        return ""
    order = finder.vocabulary.choices.get(LEVELS, ())
    named = sorted({hit.level for hit in hits}, key=order.index)
    if any(hit.at_least for hit in hits) and len(named) == 1:
        return f"不低于 {named[0]}"
    if len(named) > 1 and tuple(named) == order[order.index(named[0]) :]:
        return f"不低于 {named[0]}"
    return f"是 {'、'.join(named)}"


def _levels_alone(finder: Finder, fact: str, groups: list[Group], seen: Seen) -> list[Piece]:
    """Levels that stand beside amounts or before a noun that the lists lack."""
    hits = [hit for group in groups for hit in group.levels]
    if not hits or not fact:
        return []
    words = level_words(finder, hits)
    return [Piece(f"{fact} {words}", "文中列出的级别", hits[0].start, hits[-1].end)]


# -------------------------------------------------------------------- recognised anew


def _manners(finder: Finder, seen: Seen, table: str) -> list[Piece]:
    """首次认定 -> the manner of recognition and that there was none before."""
    vocabulary = finder.vocabulary
    made = vocabulary.tables[table]
    if not has_manner(made) or not seen.manners:
        return []
    hit = seen.manners[0]
    manner = next(name for name, spec in made.facts.items() if spec.type.choices == MANNERS)
    out = []
    first = hit.means == "首次认定"
    here = first and any(plain(word) in seen.text for word in finder.lexicon.first_here)
    before = _earlier(made, seen, here) if first else ""
    if not here:
        out.append(Piece(f"{table}.{manner} 是 {hit.means}", f"属{hit.means}", hit.start, hit.end))
    if before:
        note = "此前在本地没有取得过" if here else "此前没有取得过"
        out.append(Piece(f"{table}.{before} 等于 0次", note, hit.start, hit.end))
    return out


def _earlier(table: Table, seen: Seen, here: bool) -> str:
    """The count of earlier recognitions that the words mean: in this place, of this level, of all."""
    rows: list[tuple[int, str]] = []
    levelled = any(group.levels for group in seen.groups)
    for name, spec in table.facts.items():
        made = spec.definition
        if not isinstance(made, Statistic) or made.method is not Method.EARLIER_COUNT:
            continue
        place = any(fact.type.kind is Kind.REGION for fact in made.same)
        level = any(fact.type.choices == LEVELS for fact in made.same)
        rows.append(((place == here) * 2 + (level == (levelled and not here)), name))
    rows.sort(key=lambda row: -row[0])
    return rows[0][1] if rows else ""


# -------------------------------------------------------------------- facts and figures


def _facts(finder: Finder, seen: Seen, table: str) -> list[Piece]:
    """Yes-or-no facts readable from the table; where words mean several, the table's own."""
    readable = [
        (hit, name)
        for hit in seen.facts
        if (name := shown(finder.vocabulary, table, hit.item.spec))
    ]
    kept: list[tuple[FactHit, str]] = []
    for hit, name in sorted(
        readable, key=lambda row: (-(row[0].item.spec.table == table), -row[0].fit)
    ):
        clash = any(
            hit.start < other.end and other.start < hit.end and not _both_said(hit, other)
            for other, _ in kept
        )
        if not clash:
            kept.append((hit, name))
    out = []
    for hit, name in kept:
        negated = re.search(r"(?:未|没有|尚未|非|不)$", seen.text[: hit.start])
        condition = f"非 {name}" if negated else name
        judged = "（须由人判断）" if hit.item.spec.judged else ""
        kind = re.search(
            r"(?:企业|机构|公司|单位|人员|学生|毕业生|军人|农民工)$", seen.text[hit.start : hit.end]
        )
        out.append(
            Piece(
                condition,
                f"{hit.item.spec.name}{judged}",
                hit.start,
                hit.end,
                hit.fit >= 90,
                kind is not None and not negated,
            )
        )
    return out


def _both_said(one: FactHit, other: FactHit) -> bool:
    """Two sayings at different words of one phrase are two facts."""
    return one.fit == 90 and other.fit == 90 and (one.start, one.end) != (other.start, other.end)


def _numbers(finder: Finder, part: Part, seen: Seen, table: str) -> list[Piece]:
    """Figures that bound a fact: 贷款额达300万元以上 -> 达到 300万元."""
    vocabulary = finder.vocabulary
    graded = len(part.amounts) > 1 and len(part.amounts) == len(part.thresholds)
    out: list[Piece] = []
    used: set[str] = set()
    for hit in () if graded else seen.numbers:
        rows = [
            (shown(vocabulary, table, item.spec), item, fit)
            for item, fit in hit.candidates
            if fit >= 40 and shown(vocabulary, table, item.spec)
        ]
        if not rows:
            continue
        best = max(row[2] for row in rows)
        near = [row for row in rows if row[2] >= best - 6]
        own = [row for row in near if row[1].spec.table == table and row[0] not in used] or near
        name, item, fit = next((row for row in own if row[0] not in used), own[0])
        used.add(name)
        figure = hit.figure
        value = f"{figure.value.normalize():f}{figure.unit}"
        condition = f"{name} {hit.op} {value}"
        piece = Piece(
            condition,
            f"{item.spec.name}{hit.op}{value}",
            hit.start,
            hit.end,
            hit.said and fit >= 60,
        )
        if hit.joined_by_or and out:
            last = out.pop()
            piece = Piece(
                f"{last.condition} 或 {condition}",
                f"{last.note}或{piece.note}",
                last.start,
                hit.end,
                last.sure and piece.sure,
            )
        out.append(piece)
    return out


_AGE = re.compile(
    r"(?:成立|设立|注册|创办)(?:时间|登记)?(?P<op>不满|未满|不足|不超过|超过|满|已满|在)?(?P<n>[一二三四五六七八九十]|\d{1,2})(?P<u>年|个月)(?P<b>以上|以下|以内|之内|内)?"
)


def _ages(vocabulary: Vocabulary, text: str, table: str) -> list[Piece]:
    """成立3年以内 -> a span from the founding date to the day of assessment."""
    found = _AGE.search(text)
    if not found:
        return []
    digits = "一二三四五六七八九十"
    number = found["n"] if found["n"].isdigit() else str(digits.index(found["n"]) + 1)
    words = {"不满": "不满", "未满": "不满", "不足": "不满", "不超过": "不超过", "超过": "超过"}
    op = words.get(found["op"] or "") or (
        "不超过" if found["b"] in ("以下", "以内", "之内", "内") else "满"
    )
    for prefix, (_, target) in vocabulary.paths(table).items():
        for spec in vocabulary.tables[target].facts.values():
            if spec.type.kind is Kind.DATE and "成立" in spec.name:
                condition = f"自 {prefix}.{spec.name} 至 评定日 {op} {number}{found['u']}"
                return [
                    Piece(condition, f"成立{op}{number}{found['u']}", found.start(), found.end())
                ]
    return []


def _industries(finder: Finder, text: str, table: str) -> list[Piece]:
    """制造业企业 -> the enterprise's industry lies in it."""
    found = finder.industries(text)
    if not found:
        return []
    for prefix, (_, target) in finder.vocabulary.paths(table).items():
        for spec in finder.vocabulary.tables[target].facts.values():
            if spec.type.kind is Kind.INDUSTRY:
                names = "、".join(dict.fromkeys(name for _, _, name in found))
                start, end = found[0][0], found[-1][1]
                return [Piece(f"{prefix}.{spec.name} 属于 {names}", f"属于{names}", start, end)]
    return []


def _joined(pieces: list[Piece], text: str) -> list[Piece]:
    """A list of kinds of beneficiary (甲企业、乙企业的) is met by any of them."""
    out: list[Piece] = []
    for piece in pieces:
        last = out[-1] if out else None
        if (
            last is not None
            and last.names_kind
            and piece.names_kind
            and last.end <= piece.start
            and re.fullmatch(r"[、和或及与]|以及|或者", text[last.end : piece.start])
        ):
            out[-1] = Piece(
                f"{last.condition} 或 {piece.condition}",
                f"{last.note}或{piece.note}",
                last.start,
                piece.end,
                last.sure and piece.sure,
                True,
            )
            continue
        out.append(piece)
    return out


# -------------------------------------------------------------------- region

_LOCAL = re.compile(r"我[市省县区州]|本[市省县区州]|全[市省县区州]|[市县区省]域|辖区|当地")
_HEAD = re.compile(r"牵头企业|牵头单位|依托企业|建设单位|承建单位|承担单位|运营机构的")


def _region(finder: Finder, seen: Seen, table: str, region: str) -> Piece | None:
    """The condition on the place: where the table says it was, else where its subject is."""
    if not region:
        return None
    vocabulary = finder.vocabulary
    local = _LOCAL.search(seen.text)
    start, end = (local.start(), local.end()) if local else (0, 0)
    note = f"在{region}" if local else f"在{region}（推定：文件只管本地）"
    own = [s for s in vocabulary.tables[table].facts.values() if s.type.kind is Kind.REGION]
    outward = [s for s in own if "迁出" in s.name or "原" in s.name]
    inward = [s for s in own if "迁入" in s.name]
    if outward and inward:
        condition = (
            f"{table}.{outward[0].name} 不属于 {region} 且 {table}.{inward[0].name} 属于 {region}"
        )
        return Piece(condition, f"从外地迁到{region}", start, end, local is not None)
    paths = vocabulary.paths(table)
    at = [s for s in own if s.name.startswith("时")]
    if at:
        return Piece(f"{table}.{at[0].name} 属于 {region}", note, start, end, local is not None)
    order = [*paths]
    if _HEAD.search(seen.text):
        order = [p for p in order if p in ("依托单位", "承担单位", "运营单位")] + order
    for prefix in order:
        facts = [
            s for s in vocabulary.tables[paths[prefix][1]].facts.values()
            if s.type.kind is Kind.REGION
        ]  # fmt: skip
        if facts:
            spec = _best_place(finder, facts, seen.text)
            return Piece(f"{prefix}.{spec.name} 属于 {region}", note, start, end, local is not None)
    return None


def _best_place(finder: Finder, facts: list[FactSpec], text: str) -> FactSpec:
    """Where several places are known of one subject, the one that the text speaks of."""

    def rank(spec: FactSpec) -> int:
        said = finder.lexicon.sayings.get(spec.shown, ())
        core = spec.name.rstrip("地")
        return (core in text) * 2 + sum(3 for word in said if word in text)

    return max(facts, key=rank)


# -------------------------------------------------------------------- what is left

_GOVERNMENT = re.compile(r"财政|奖励政策|基础上|资金")
_GIVING = re.compile(r"给予|奖励|补助|补贴|资助|财政|最高|不超过|免征|免费|优惠|绿色通道|优先|\d")


def _left(finder: Finder, part: Part, seen: Seen, covered: list[tuple[int, int]]) -> list[Open]:
    """The phrases that no condition covers, each with the reason."""
    out = []
    spans = [span for span in covered if span[1] > span[0]]
    paid = [
        (item.figure.start, item.figure.end)
        for item in (*part.amounts, *part.rates, *part.caps, *part.other_caps)
    ]
    names = [(hit.start, hit.end) for hit in seen.manners]
    names += [(hit.start, hit.end) for hit in seen.values]
    grades = [(hit.start, hit.end) for group in seen.groups for hit in group.levels]
    bounds = [(hit.start, hit.end) for hit in seen.numbers]
    for start, end in phrases(seen.text):
        words = seen.text[start:end]
        vague = next((word for word in finder.lexicon.judged if word in words), None)
        if vague is not None:
            at = start + words.index(vague)
            vague = None if _meets((at, at + len(vague)), spans) else vague
        if vague is None and _meets((start, end), spans):
            continue
        named = _meets((start, end), names) or _meets((start, end), bounds)
        plain_giving = _meets((start, end), paid) or _GIVING.search(words)
        level = _meets((start, end), grades) and not _GOVERNMENT.search(words)
        if vague is None and (plain_giving or _empty(finder, words)) and not (named or level):
            continue
        if vague is not None:
            reason = f"“{vague}”没有量化，须由人判断"
        elif named:
            reason = "认出了名称或数字，但所评的对象上没有能读的事实"
        else:
            reason = "词汇表里没有能对上的事实"
        out.append(Open(words[:60], reason, *part.passage.span(start, end)))
    return out


def _meets(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(a < span[1] and span[0] < b for a, b in others)


def _empty(finder: Finder, words: str) -> bool:
    """Whether nothing but words without content is left."""
    rest = words
    for word in sorted(finder.lexicon.empty, key=len, reverse=True):
        rest = rest.replace(word, "")
    return len(rest) < 2

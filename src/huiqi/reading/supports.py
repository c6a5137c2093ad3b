"""Supports: who gets what, how much, up to how much; and which figures only bound who is meant.

Each figure of a sentence gets a role from the words beside it: amount, rate, cap, floor, instalment,
threshold or baseline. Words decide, never the size of the figure: what stands before the verb of
giving and inside a condition (…达到3亿元的) bounds; what stands after it (给予…) is paid.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from decimal import Decimal

from huiqi.reading import support_words as words_of
from huiqi.reading.clauses import ClauseText
from huiqi.reading.figures import MONEY, Figure
from huiqi.reading.roles import (
    AMOUNT,
    BASELINE,
    CAP,
    FLOOR,
    INSTALMENT,
    RATE,
    THRESHOLD,
    Here,
    role,
)
from huiqi.reading.sentences import Stretch, parts, segments, sentences
from huiqi.reading.values import Support, Threshold, Tier

# How far around a figure its words are read; no phrase that decides is longer.
_BACK = 240
_AHEAD = 160


@dataclass
class _Draft:
    """A support while its sentence is being read."""

    start: int
    end: int
    clause: ClauseText | None
    amounts: list[Decimal] = field(default_factory=list)
    rates: list[Decimal] = field(default_factory=list)
    caps: list[Decimal] = field(default_factory=list)
    floor: Decimal | None = None
    instalments: list[str] = field(default_factory=list)
    tiers: list[Tier] = field(default_factory=list)
    thresholds: list[Figure] = field(default_factory=list)

    @property
    def filled(self) -> bool:
        return bool(
            self.amounts or self.rates or self.caps or self.instalments or self.floor is not None
        )


@dataclass(frozen=True)
class SupportsFound:
    """The supports, and for each figure (by its start) the role it was given."""

    supports: tuple[Support, ...]
    roles: dict[int, str]
    # Starts of sentences that say how supports of the clause go together.
    stacking_sentences: frozenset[int]


class Supports:
    """Reads the supports of one document, clause by clause."""

    def __init__(self, text: str, shadow: str, inside: bytearray, figures: list[Figure]) -> None:
        self.text = text
        self.shadow = shadow
        self.inside = inside
        self.figures = figures
        self.starts = [figure.start for figure in figures]
        self.roles: dict[int, str] = {}
        self.found: list[Support] = []
        self.stacking: set[int] = set()

    def read(self, clause: ClauseText | None, spans: tuple[tuple[int, int], ...]) -> None:
        """Supports of one clause, or of text outside clauses."""
        first = len(self.found)
        mode = False
        units = clause.unit_spans if clause else ()
        for start, end in spans:
            for sentence in sentences(self.shadow, start, end, self.inside):
                if any(a <= sentence.start and sentence.end <= b + 1 for a, b in units):
                    continue
                mode = self._sentence(sentence, clause, mode, first)
            if not self.shadow[start:end].rstrip().endswith((":", ";")):
                mode = False
        self._stack_clause(first)

    # --- one sentence --------------------------------------------------------------------------

    def _sentence(
        self, sentence: Stretch, clause: ClauseText | None, mode: bool, first: int
    ) -> bool:
        shadow = self.shadow
        whole = shadow[sentence.start : sentence.end]
        if words_of.FINE.search(whole) and not re.search(r"给予|奖励|补助|补贴", whole):
            return False
        carried: _Draft | None = None
        waiting: list[Figure] = []
        anchored = mode
        drafts: list[_Draft] = []
        for part in parts(shadow, sentence.start, sentence.end, self.inside):
            draft = _Draft(part.start, part.end, clause)
            draft.thresholds.extend(waiting)
            waiting = []
            pieces = segments(shadow, part.start, part.end, self.inside)
            if not mode and words_of.GIVE.search(shadow[part.start : part.end]):
                anchored = False
            gives = [False]
            for piece in reversed(pieces):
                gives.append(
                    gives[-1] or bool(words_of.GIVE.search(shadow, piece.start, piece.end))
                )
            gives.reverse()
            for index, piece in enumerate(pieces):
                words = shadow[piece.start : piece.end]
                if draft.filled and (_new_beneficiary(words) or _another_limit(draft, words)):
                    drafts.append(draft)
                    draft.end = piece.start
                    draft = _Draft(piece.start, part.end, clause)
                anchored = self._piece(
                    piece,
                    gives[index + 1],
                    index + 1 == len(pieces),
                    draft,
                    anchored,
                    whole,
                    drafts,
                    first,
                )
            if draft.filled:
                drafts.append(draft)
                carried = draft
            else:
                # A part that only names who is meant belongs to the part that gives.
                waiting = draft.thresholds
                if carried is None and drafts:
                    carried = drafts[-1]
        begin = sentence.start
        for draft in drafts:
            self._close(draft, sentence, begin)
            begin = draft.end
        if not drafts:
            self._plain(sentence, clause)
        found = words_of.STACKING.search(whole)
        if found and not drafts:
            self.stacking.add(sentence.start)
        return anchored if whole.rstrip().endswith((":", ";")) else False

    def _piece(
        self,
        piece: Stretch,
        later: bool,
        last: bool,
        draft: _Draft,
        anchored: bool,
        whole: str,
        drafts: list[_Draft],
        first: int,
    ) -> bool:
        """Give each figure of a comma segment its role; returns whether giving was announced."""
        shadow = self.shadow
        words = shadow[piece.start : piece.end]
        give = words_of.GIVE.search(words)
        condition = not last and _is_condition(words)
        own = self._within(piece)
        anchor_at = piece.start + give.start() if give is not None and not condition else None
        previous = ""
        previous_end = piece.start
        tails = self._tails(own, piece)
        for position, figure in enumerate(own):
            here = Here(
                figure=figure,
                left=shadow[max(previous_end, piece.start, figure.start - _BACK) : figure.start],
                reach=shadow[max(piece.start, figure.start - _BACK) : figure.start],
                right=shadow[figure.end : min(piece.end, figure.end + _AHEAD)],
                words=shadow[
                    max(piece.start, figure.start - _BACK) : min(piece.end, figure.end + _AHEAD)
                ],
                whole=whole,
                anchor_at=anchor_at,
                between=shadow[anchor_at : figure.start] if anchor_at is not None else "",
                anchored=anchored,
                condition=condition,
                later=later,
                previous=previous,
                last_tail=tails[position],
                open=draft.filled or bool(drafts) or len(self.found) > first,
            )
            found = role(here)
            if found:
                self._take(here, found, piece, draft, drafts)
            if found != BASELINE:
                previous = found
            previous_end = figure.end
        for free in words_of.FREE.finditer(words):
            quoted = self.inside[piece.start + free.start()] and free[0].startswith("减半")
            if not quoted and _is_free(free[0], whole):
                draft.rates.append(Decimal(50 if free[0].startswith("减半") else 100))
                draft.end = max(draft.end, piece.end)
        if re.search(r"1 ?[:∶比] ?1", words) and re.search(r"配套|匹配|给予|补助", words):
            draft.rates.append(Decimal(100))
        return anchored or (give is not None and not condition)

    def _tails(self, own: list[Figure], piece: Stretch) -> list[str]:
        """For each figure what follows the last member of its list: 3亿元、5亿元、10亿元的."""
        tails: list[str] = []
        for figure in reversed(own):
            tail = self.shadow[figure.end : min(piece.end, figure.end + 60)]
            if tails and figure.kind == MONEY and re.match(r"(?:以上|以下)?[、和及与或]\d", tail):
                tail = tails[-1]
            tails.append(tail)
        return tails[::-1]

    # --- what a role does ----------------------------------------------------------------------

    def _take(
        self, here: Here, found: str, piece: Stretch, draft: _Draft, drafts: list[_Draft]
    ) -> None:
        figure, words = here.figure, here.words
        self.roles[figure.start] = found
        if found == BASELINE:
            return
        if found == THRESHOLD:
            draft.thresholds.append(figure)
            return
        target = draft
        if found == CAP and not draft.filled:
            alone = words_of.CAP_ONLY.match(words) and piece.start - draft.start <= 2
            target = drafts[-1] if drafts and alone else draft
        target.end = max(target.end if target is draft else piece.end, piece.end)
        instalment = words_of.INSTALMENT.search(here.reach)
        if found == AMOUNT:
            paid = re.search(r"拨付|兑付|兑现|拨款|预拨|支付|首付|首期|尾款|余款", here.reach)
            if instalment and paid and target.amounts and sum(figure.yuan) <= sum(target.amounts):
                target.instalments.append(
                    self.text[max(piece.start, figure.start - 12) : figure.end]
                )
                self.roles[figure.start] = INSTALMENT
                return
            for value in figure.yuan:
                target.amounts.append(value)
                target.tiers.append(Tier(_grade(here.left), value))
        elif found == CAP:
            target.caps.extend(figure.yuan[-1:])
        elif found == FLOOR:
            target.floor = figure.yuan[0]
        elif found == RATE:
            if (
                instalment
                and re.search(r"拨付|兑付|兑现|支付|拨款|预拨|验收", here.reach)
                and not re.search(r"的$", here.left)
            ):
                target.instalments.append(
                    self.text[max(piece.start, figure.start - 12) : figure.end]
                )
                self.roles[figure.start] = INSTALMENT
                return
            for value in figure.percent:
                target.rates.append(value)
                target.tiers.append(Tier(_grade(here.left), None, value))

    def _within(self, piece: Stretch) -> list[Figure]:
        a = bisect_left(self.starts, piece.start)
        b = bisect_left(self.starts, piece.end)
        return self.figures[a:b]

    # --- closing a support ---------------------------------------------------------------------

    def _close(self, draft: _Draft, sentence: Stretch, begin: int) -> None:
        shadow, text = self.shadow, self.text
        start = min(draft.start, draft.end)
        if draft.thresholds:
            start = min(
                start, max(begin, _part_start(shadow, draft.thresholds[0].start, sentence.start))
            )
        while start < draft.end and shadow[start] in ",;: ":
            start += 1
        end = draft.end
        while end > start and shadow[end - 1] in ",;:。 ":
            end -= 1
        quote = text[start:end]
        words = shadow[start:end]
        context = shadow[sentence.start : sentence.end]
        if not draft.amounts and not draft.rates and not draft.instalments and draft.floor is None:
            previous = self.found[-1] if self.found else None
            same = (
                previous is not None
                and previous.clause == _number(draft.clause)
                and previous.has_figures
            )
            if previous is not None and same and words_of.CAP_ONLY.match(words):
                self.found[-1] = _with_caps(previous, draft.caps)
                return
        caps = list(dict.fromkeys(draft.caps))
        if len(caps) == 2 and caps[0] < caps[1] and not (draft.amounts or draft.rates):
            # 每人不超过15万元、总额不超过75万元: what one gets, and the ceiling of all.
            draft.amounts.append(caps[0])
            draft.tiers.append(Tier("", caps[0]))
            caps = caps[1:]
        clause = draft.clause
        tiers = _tiers(draft, words)
        per = words_of.PER.search(words) if draft.amounts or draft.rates or caps else None
        payer = words_of.PAYER.search(words)
        period = words_of.PERIOD.search(words)
        event = words_of.EVENT.search(words)
        stacking = "；".join(dict.fromkeys(words_of.STACKING.findall(words))) or None
        self.found.append(
            Support(
                clause=_number(clause),
                section=clause.clause.section if clause else (),
                beneficiary=_beneficiary(text, shadow, start, end),
                event=event[0] if event else None,
                kind=_kind(draft, words, context, caps),
                amounts_cny=tuple(draft.amounts),
                rates_percent=tuple(draft.rates),
                base=_base(words),
                floor_cny=draft.floor,
                cap_cny=caps[0] if caps else None,
                other_caps_cny=tuple(caps[1:]),
                instalments=tuple(draft.instalments),
                tiers=tiers,
                per=per[0] if per else None,
                stacking=stacking,
                period=period[0] if period else None,
                payer=payer[1] if payer else None,
                thresholds=tuple(
                    Threshold(text[f.start : f.bound_end], f.start, f.bound_end)
                    for f in draft.thresholds
                ),
                quote=quote,
                start=start,
                end=end,
            )
        )

    def _plain(self, sentence: Stretch, clause: ClauseText | None) -> None:
        """A benefit without any figure: 绿色通道, 优先, 给予资金支持."""
        if clause is None:
            return
        words = self.shadow[sentence.start : sentence.end]
        found = words_of.PLAIN_GIVE.search(words)
        if not found or words_of.NOT_PLAIN.search(words):
            return
        end = sentence.end
        while end > sentence.start and self.shadow[end - 1] in "。;,":
            end -= 1
        period = words_of.PERIOD.search(words)
        event = words_of.EVENT.search(words)
        self.found.append(
            Support(
                clause=_number(clause),
                section=clause.clause.section,
                beneficiary=_beneficiary(self.text, self.shadow, sentence.start, end),
                event=event[0] if event else None,
                kind=_kind(_Draft(sentence.start, end, clause), words, words, []),
                amounts_cny=(),
                rates_percent=(),
                base=None,
                floor_cny=None,
                cap_cny=None,
                other_caps_cny=(),
                instalments=(),
                tiers=(),
                per=None,
                stacking="；".join(dict.fromkeys(words_of.STACKING.findall(words))) or None,
                period=period[0] if period else None,
                payer=None,
                thresholds=(),
                quote=self.text[sentence.start : end],
                start=sentence.start,
                end=end,
            )
        )

    def _stack_clause(self, first: int) -> None:
        """Stacking words of their own sentence hold for every support of the clause."""
        mine = self.found[first:]
        if not mine:
            return
        said = [s for s in sorted(self.stacking) if s >= mine[0].start]
        if not said:
            return
        words = []
        for start in said:
            stop = self.shadow.find("。", start)
            words.extend(
                words_of.STACKING.findall(self.shadow[start : stop if stop > 0 else start + 200])
            )
        joined = "；".join(dict.fromkeys(words))
        for index in range(first, len(self.found)):
            support = self.found[index]
            if support.stacking is None and joined:
                self.found[index] = replace(support, stacking=joined)

    def result(self) -> SupportsFound:
        return SupportsFound(tuple(self.found), dict(self.roles), frozenset(self.stacking))


def _is_free(word: str, whole: str) -> bool:
    """Whether 免… or 全额 is a benefit here."""
    if word == "免费" and not re.search(
        r"提供|使用|享受|开展|评估|培训|服务|开放|发放|入驻|场地|工位|检测|代办|办理|刻制|刻章|为|向|给",
        whole,
    ):
        return False
    return not re.search(r"不得免费|严禁|禁止", whole)


def _number(clause: ClauseText | None) -> str | None:
    return clause.clause.number if clause else None


def _is_condition(words: str) -> bool:
    """Whether a comma segment only says who or when: …的, 对…企业, 在…基础上."""
    words = re.sub(r"\([^()]{1,60}\)(?=[,;:]?$)", "", words)
    bare = words.rstrip(",;: ")
    if words_of.CONDITION_END.search(words) and not re.search(
        r"给予[^,]*\d|奖励\d|补助\d|补贴\d", words
    ):
        return True
    if re.search(r"给予|分别奖|一次性(?:奖|补)", bare):
        return False
    return bool(words_of.CONDITION_NOUN.match(bare))


def _new_beneficiary(words: str) -> bool:
    """Whether a segment opens another support inside the same sentence."""
    if re.match(
        r"(?:对|凡|对于|凡是|其中对|每(?:孵化|培育|引进|新增|吸纳))(?!同一|单个|单一|每个)", words
    ):
        return True
    return bool(
        re.match(r"(?:首次|新)(?:认定|获批|入)", words) and words.rstrip(",").endswith("的")
    )


def _another_limit(draft: _Draft, words: str) -> bool:
    """个人最高20万元，小微企业最高300万元: a second limit with its own subject."""
    only_limit = bool(draft.caps) and not draft.amounts and not draft.rates
    return (
        only_limit
        and re.search(r"最高|额度|上限|不超过", words) is not None
        and re.match(r"[\u4e00-\u9fff“]{2,}", words) is not None
        and not words_of.CAP_ONLY.match(words)
    )


def _grade(left: str) -> str:
    """The grade named right before an amount: 国家级50万元 -> 国家级."""
    found = re.search(
        r"(?:^|[、,:和及]|给予|奖励|补助|补贴|资助|分别)((?:国家|省|市|县|区|[\u4e00-\u9fff]{1,4}市)级|[一二三特优]等奖|[甲乙丙A-D][类级档]|第[一二三四五]年|[一二三四五]档|优秀|良好|合格|其他|[^、,:\d]{2,16}?)(?:的|为|每家|每个|最高|给予|奖励|补助|补贴|一次性|:)*$",
        left,
    )
    return found[1] if found else ""


_LEVEL = re.compile(
    r"国家级|省级|[\u4e00-\u9fff]{1,4}市级|自治区级|市级|县级|区级|州级|世界级|全国|全省|全市"
)


def _tiers(draft: _Draft, words: str) -> tuple[Tier, ...]:
    """Grades paired with amounts: 分别 pairs a list of grades or thresholds before it."""
    tiers = draft.tiers
    if len(tiers) < 2:
        return tuple(tiers)
    if all(tier.when for tier in tiers):
        return tuple(tiers)
    values = [tier.amount_cny for tier in tiers]
    cut = words.find("分别")
    ahead = words[: cut if cut > 0 else len(words)]
    bounds = [f for f in draft.thresholds if f.kind == MONEY]
    if len(bounds) == len(values):
        return tuple(
            Tier(f"{f.value.normalize():f}{f.unit}{f.bound}", tier.amount_cny, tier.rate_percent)
            for f, tier in zip(bounds, tiers, strict=True)
        )
    levels = _LEVEL.findall(ahead)
    if len(levels) == len(values):
        return tuple(
            Tier(level, tier.amount_cny, tier.rate_percent)
            for level, tier in zip(levels, tiers, strict=True)
        )
    return tuple(tiers)


def _part_start(shadow: str, at: int, floor: int) -> int:
    marks = max(shadow.rfind(mark, floor, at) for mark in "。;\n")
    return max(marks + 1, floor)


def _beneficiary(text: str, shadow: str, start: int, end: int) -> str | None:
    """The words after 对 up to the giving, or what stands before it."""
    words = shadow[start:end]
    opened = re.search(r"(?:^|[,;:。])(?:其中,?)?(?:对于|对|凡是|凡|支持|鼓励)(?=[^,]{2})", words)
    begin = opened.end() if opened else 0
    stop = re.compile(
        r",?(?:由|从|按|按照|在[^,]{0,20}基础上,)?(?:市|省|县|区|各级|本级)?(?:本?级)?(?:财政)?(?:分别|每次|每年|连续[^,]{1,4}|一次性|再|最高|额外|可)*(?:给予|予以|奖励|补助|补贴|资助|配套|发放|奖补|贴息|免征|免收|免费提供|即发放)|,按|,分别|,一次性|,免|,可"
    ).search(words, begin + 2)
    finish = stop.start() if stop else min(len(words), begin + 80)
    found = text[start + begin : start + finish]
    found = re.sub(r"^[（(][一二三四五六七八九十\d]{1,3}[）)]", "", found).strip("，,；;：:。 的")
    return found[:200] or None


def _kind(draft: _Draft, words: str, context: str, caps: list[Decimal]) -> str:
    """The kind of a support, from the nouns beside its figures."""
    near = words
    money = bool(draft.amounts or caps)
    if re.search(r"创新券|服务券|消费券|科技券|培训券", near):
        return "voucher"
    if re.search(r"采购", near) and re.search(
        r"首购|首订|预留|价格扣除|优先采购|采购比例|直接授予|采购份额", near
    ):
        return "procurement_preference"
    if words_of.TAX.search(near) and re.search(
        r"免征|减半|减按|加计扣除|抵扣|抵免|税前|全额列入|税率|留存", near
    ):
        return "tax_relief"
    if re.search(r"风险(?:补偿|分担|代偿)|代偿", near) and not draft.amounts:
        return "risk_compensation"
    if (
        money
        and not draft.rates
        and re.search(r"贷款(?:的)?额度|贷款[^,。]{0,8}最高(?!.{0,6}贴息)", near)
    ):
        return "loan_limit"
    if money and words_of.LOAN.search(near) and not re.search(r"贴息|贴补|利息|保费", near):
        return "loan_limit"
    if (
        re.search(r"免费|免收|免缴|免交|免租|减免", near)
        and words_of.CHARGE.search(near)
        and not draft.amounts
    ):
        return "fee_relief"
    if (
        draft.rates
        and not re.search(r"可(?:提高|用于|在|从)|返投|倾斜|支持比例|出资", near)
        and words_of.GIVE.search(near)
    ):
        return "rate_subsidy"
    if draft.rates and re.search(r"担保费|保费|利息|房租|租金", near):
        return "rate_subsidy"
    if len(draft.amounts) >= 2:
        return "tiered_award"
    if money:
        return "one_off_award"
    if re.search(r"优惠", near) and words_of.CHARGE.search(near):
        return "fee_relief"
    return "other"


def _base(words: str) -> str | None:
    """What a rate is of: 按…的20% -> …"""
    found = re.search(
        r"(?:按照?|给予|资助|补助|补贴|承担|不超过|最高)(?:其|企业)?([^,;。\d]{2,40}?)(?:总额|金额)?(?:的)? ?\d[\d.]* ?%",
        words,
    )
    if found:
        return found[1].removesuffix("给予").removesuffix("的") or None
    found = re.search(r"([^,;。\d]{2,30})(?:的)? ?\d[\d.]* ?(?:%|倍)", words)
    return found[1].removesuffix("的") if found else None


def _with_caps(support: Support, caps: list[Decimal]) -> Support:
    if support.cap_cny is None and caps:
        return replace(
            support, cap_cny=caps[0], other_caps_cny=(*support.other_caps_cny, *caps[1:])
        )
    return replace(support, other_caps_cny=(*support.other_caps_cny, *caps))

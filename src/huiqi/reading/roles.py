"""The role of one figure in a sentence about support, from the words beside it.

Words decide, never the size of the figure: what stands before the verb of giving and inside a
condition (…达到3亿元的) bounds who is meant; what stands after it (给予…) is paid.
"""

import re
from dataclasses import dataclass

from huiqi.reading import support_words as words_of
from huiqi.reading.figures import COUNT, MONEY, MULTIPLE, PERCENT, POINT, SHARE, TIME, Figure

AMOUNT, RATE, CAP, FLOOR, INSTALMENT, THRESHOLD, BASELINE = (
    "amount",
    "rate",
    "cap",
    "floor",
    "instalment",
    "threshold",
    "baseline",
)


@dataclass(frozen=True)
class Here:
    """A figure with what stands around it in its comma segment and sentence.

    `left` reaches back to the figure before, `reach` to the start of the segment. `anchor_at` is
    where the segment's verb of giving stands; `anchored` says that giving was announced before this
    segment, `later` that a later segment gives; `condition` that the segment only says who or when;
    `previous` is the role of the figure before, `last_tail` what follows the last figure of an
    unbroken list (3亿元、5亿元、10亿元的), `open` that a support of the clause could still get a cap.
    """

    figure: Figure
    left: str
    reach: str
    right: str
    words: str
    whole: str
    anchor_at: int | None
    between: str
    anchored: bool
    condition: bool
    later: bool
    previous: str
    last_tail: str
    open: bool

    @property
    def before_anchor(self) -> bool:
        return self.anchor_at is not None and self.figure.start < self.anchor_at

    @property
    def giving_now(self) -> bool:
        return self.anchored or self.anchor_at is not None

    @property
    def giving(self) -> bool:
        return self.anchored or self.anchor_at is not None or self.later


def role(here: Here) -> str:
    """The role, or an empty text when supports have no claim on the figure."""
    figure = here.figure
    if figure.kind in {TIME, SHARE}:
        return ""
    if (
        here.anchor_at is None
        and not here.condition
        and _AIM.match(here.words)
        and not re.search(r"最高|不超过|累计|封顶|限额", here.reach)
    ):
        # 力争全年…, 打造2条以上…: a target beside the award, not a bound of it.
        return ""
    interest = re.search(r"贴息|利率|贴补|利息", here.words)
    if figure.kind == POINT and here.giving_now and not here.condition and interest:
        return RATE
    if figure.kind in {COUNT, POINT}:
        return THRESHOLD if here.giving and not re.match(r"(?:到|至)\d{4}年", here.whole) else ""
    if words_of.FROM.search(here.left) and words_of.RAISED.search(here.right[:14]):
        return BASELINE
    if re.search(r"其中", here.reach) and re.search(r"承担|负担|分担", here.reach + here.right[:6]):
        # Who pays which part of it.
        return BASELINE
    if figure.kind in {PERCENT, MULTIPLE}:
        return _rate(here)
    return _money(here) if figure.kind == MONEY else ""


_AIM = re.compile(
    r"(?:(?:到|至)?\d{4}年[^,]{0,3}|力争|争取|全年|年内|每年|计划|确保)[^的]*$"
    r"|[^的]{0,16}\d{4}年(?:底|末)?之?前[^的]*(?:建成|完成|达到|实现)[^的]*$"
    r"|(?:新增|新开发|新建|开发|完成|打造|建设|培育|组织|举办|引进|建成|创建|开展)[^的每]{0,12}\d[^的]*$"
)
_RAISED_FROM = re.compile(
    r"(?:(?:由|从)[^,]{1,20}|(?:额度|限额|上限|标准)(?:统一)?)(?:提高|提升|上调|调整|增加|扩大|放宽|降低|下调|降)[^,\d]{0,6}$"
)
_FUND = re.compile(r"总规模|资金规模|资金总量|预算安排|年度规模|基金规模")
_LIST = re.compile(r"[、和及与或,]?[^达超满不以按每]{0,18}")
_LEVEL_WORD = re.compile(r"(?:达到|达|超过|突破|满|高于|大于|不低于|不少于)(?:人民币)?$")
_AWARD_NOUN = re.compile(
    r"(?:奖励|补助|补贴|资助|奖补|贴息|支持|奖金|补偿|安家|津贴)(?:资金)?(?:的)?(?:标准|金额|额度|额)(?:分别)?(?:为|是|:|按)?[^达超满]{0,8}$"
)


def _money(here: Here) -> str:
    left, right = here.left, here.right
    if _RAISED_FROM.search(here.reach):
        if re.search(r"最高|额度|上限|限额", here.reach):
            return CAP
        return AMOUNT if re.search(r"补贴|奖励|补助|奖补|资助|标准", here.reach) else ""
    if re.search(r"资金(?:总额)?(?:约|为|共)?$", left) and re.match(r"由|用于|列入|纳入", right):
        return ""
    if _FUND.search(here.reach) and not re.search(r"单个|每[个户家]|同一", here.reach):
        return ""
    listed = (
        here.previous in {AMOUNT, CAP, THRESHOLD, FLOOR}
        and left[:1] in {"", "、", "和", "及", "与", "或"}
        and _LIST.fullmatch(left)
    )
    bounded = words_of.BOUNDED_NOUN.match(here.last_tail)
    noun = words_of.NOUN_AFTER.match(here.last_tail)
    in_list = re.match(r"[、和及与]\d", right)
    if words_of.CAP_BEFORE.search(left) and in_list and here.giving_now and not here.before_anchor:
        # 分别给予最高1000万元、500万元: grades, each of them a limit.
        return AMOUNT
    if here.previous == AMOUNT and re.fullmatch(r"[、和及与]", left) and not here.condition:
        return AMOUNT
    if (
        noun
        and "的" in noun[0]
        and re.match(r"(?:最高|不超过|一次性)?\d", here.last_tail[noun.end() :])
    ):
        # 5亿元以上的奖励1000万元: the noun is the verb of the next amount.
        return THRESHOLD
    cap = bool(words_of.CAP_BEFORE.search(left)) or bool(
        noun is None
        and words_of.CAP_AFTER.match(right)
        and here.anchor_at is not None
        and not here.before_anchor
        and not bounded
    )
    won_before = here.before_anchor and re.search(r"获(?:得)?[^,]{0,12}$", here.reach)
    if noun and not (here.condition and bounded) and not won_before:
        return _beside_noun(here, cap)
    if bounded:
        return THRESHOLD if here.giving or here.condition else ""
    if listed and not cap:
        return here.previous
    if here.condition:
        return THRESHOLD if here.giving else ""
    if re.match(r"为限额?", right) and (here.giving_now or here.later):
        return CAP
    if cap:
        if here.giving_now or here.open:
            limits = re.search(r"最高|上限|限额|封顶", left)
            return THRESHOLD if here.before_anchor and not limits else CAP
        if re.search(r"贷款|额度|授信|担保|补|奖|资助|支持", here.words) and not re.search(
            r"达到|收入|产值|投资额|注册", here.reach
        ):
            return CAP
    if here.anchor_at is not None and not here.before_anchor:
        return _after_anchor(here)
    if here.before_anchor:
        priced = re.search(r"(?:按照?|以|每)[^,以上下达到超过满]{0,24}$", here.reach)
        until = right[: (here.anchor_at or 0) - here.figure.end]
        straight = not re.search(
            r"以上|以下|达到|超过|突破|满|之间|的(?:企业|项目|单位|机构|个人)", until
        )
        return AMOUNT if priced and straight else THRESHOLD
    if _AWARD_NOUN.search(here.reach):
        return AMOUNT
    if here.anchored and not re.search(
        r"(?:达到|超过|突破|满|不低于|不少于|高于|大于|收入|产值|投资)[^,]{0,6}$", left
    ):
        return AMOUNT
    return THRESHOLD if here.later or here.anchored else ""


def _beside_noun(here: Here, cap: bool) -> str:
    """20万元奖励, 最高50万元的补助."""
    if here.condition and here.later and not re.search(r"给予|奖励\d", here.words):
        return THRESHOLD
    measured = re.search(
        r"(?:投资|收入|营收|产值|贷款|销售|额)(?:额|总额|金额)?(?:最高|不超过)$", here.left
    )
    if cap and not measured:
        return CAP
    if words_of.FLOOR_BEFORE.search(here.left):
        return FLOOR
    return CAP if here.figure.bound in {"以内", "以下", "之内"} else AMOUNT


def _after_anchor(here: Here) -> str:
    """给予…20万元."""
    if words_of.FLOOR_BEFORE.search(here.left):
        pool = re.search(r"资金(?:投入|规模|总额)?(?:不少于|不低于)", here.left)
        return "" if pool else FLOOR
    if _LEVEL_WORD.search(here.left):
        return THRESHOLD
    if here.figure.bound in {"以内", "以下", "之内"}:
        return CAP
    fund = re.search(r"(?:基金|总规模|规模)(?:为|达到|不低于|达)?$", here.left) or re.match(
        r"的?[^,。;]{0,8}(?:专项资金|基金)(?!支持|奖|补)", here.right
    )
    return "" if fund else AMOUNT


_RATE_NOUN = re.compile(
    r"(?:以上|以下|以内|及以上|左右)?(?:\([^()]{1,8}\))?的?(?:税率|标准|比例|幅度|额度|费率|利率|部分|资金|奖励|补助|补贴|贴息|资助|支持|扶持|配套|加计|扣除|优惠|"
    r"一次性|房租|租金|补偿|保费|担保|额|范围|价格)"
)
_RATE_MODIFIES = re.compile(r"(?:以上|以下|以内|及以上|及以下)?(?:\([^()]{1,8}\))?的(?=[^,。;])")
_LEVEL_REACHED = re.compile(
    r"(?:增长|超过|达到|高于|低于|提高|下降|不低于|降至|降到|降低至|提高到|提高至|提升到|提升至|压减至|控制在|保持在)$"
)


def _rate(here: Here) -> str:
    left, right, reach, words, figure = here.left, here.right, here.reach, here.words, here.figure
    noun = _RATE_NOUN.match(right)
    modifies = _RATE_MODIFIES.match(right) and not noun
    permit = words_of.PERMIT.search(words)
    if (
        figure.kind == PERCENT
        and permit
        and re.match(r"(?:以上|以下|以内)?(?:可|可以)?用于", right)
    ):
        return RATE
    if re.search(r"加计扣除|抵扣|抵免", right[:12]) or re.search(r"减按[^,]{0,4}$", left):
        return RATE
    if re.search(r"按[^,]{0,20}$", reach) and re.match(
        r"(?:的比例|的标准)?(?:收取|征收|计收|缴纳|收费)", right
    ):
        return RATE if re.search(r"租|费|税|价", words) else ""
    share = words_of.SHARE_NOUN.search(reach)
    if share and not here.condition and len(reach) - share.end() <= 24:
        return RATE
    if (
        re.search(r"(?:给予|补贴|补助|奖励|资助|返还|报销|承担|减免|贴补)$", left)
        and not here.condition
    ):
        return RATE
    if re.search(r"(?:费率|电价|价格|租金|收费标准)[^,]{0,16}(?:下调|下浮|优惠)$", reach):
        return RATE
    if (
        here.anchored
        and re.search(r"(?:下调|下浮|上浮|提高|优惠)$", left)
        and re.search("费率|电价|租金", here.whole)
    ):
        return RATE
    if here.previous == RATE and re.fullmatch(r"[、和及与或][^达超满,]{0,14}", left):
        return RATE
    if here.previous == THRESHOLD and re.fullmatch(r"[、和及与或]", left):
        return THRESHOLD
    if modifies and not re.search(r"(?:按|按照|给予|以)[^,]{0,40}$", reach):
        return THRESHOLD if here.giving else ""
    if here.condition:
        return THRESHOLD if here.giving else ""
    if here.anchor_at is not None:
        if not here.before_anchor:
            compared = re.search(r"(?:增长|超过|达到|高于|低于|大于|提高|下降)$", left)
            return THRESHOLD if compared and not noun else RATE
        priced = re.search(r"(?:按|按照|以|不超过|不高于|最高)[^,]{0,60}$", reach)
        return RATE if priced or noun else THRESHOLD
    if permit and (
        not re.match(r"达|提高|增长|覆盖", words[permit.end() : permit.end() + 3])
        or re.search(r"出资|比例|范围内", words)
    ):
        return RATE
    if re.search(r"(?:按|按照|以)[^,]{0,50}$", reach) and (here.later or here.anchored):
        return RATE
    if here.anchored and not _LEVEL_REACHED.search(left):
        return RATE
    if here.later:
        return THRESHOLD
    raised = re.search(r"(?:提高|降低|调整|上调)(?:到|至|为)[^,]{0,8}$", reach)
    paid = re.search(r"(?:补偿|补助|补贴|奖励|资助|贴息|减免)(?:标准|比例)", here.whole)
    return RATE if raised and paid else ""

"""Whether one figure is a target, from the words beside it; if not, why not."""

import re
from dataclasses import dataclass
from decimal import Decimal

from huiqi.reading import target_words as words_of
from huiqi.reading.figures import (
    COUNT,
    FIRST,
    FOLD,
    MONEY,
    MULTIPLE,
    PERCENT,
    POINT,
    SHARE,
    TIME,
    Figure,
)
from huiqi.reading.indicators import (
    clean_indicator,
    compare,
    inherit,
    level_index,
    level_word,
    make,
    part_of_whole,
    trailing_noun,
    unit_of,
    value_of,
)
from huiqi.reading.sentences import Deadline
from huiqi.reading.values import Target


@dataclass(frozen=True)
class Place:
    """A figure with what stands around it.

    `left` and `right` are the words of its comma segment before and after it, dates taken out;
    `whole` is the sentence. `previous` is the target before it in the sentence, `subject` that one's
    indicator. `ahead` says that the passage looks ahead, `carried` that the deadline comes from an
    earlier sentence, `formal` that the paper sets rules, `requirement` that a list of conditions is
    being told, `alone` that the sentence measures nothing else.
    """

    figure: Figure
    left: str
    right: str
    words: str
    whole: str
    deadline: Deadline | None
    carried: bool
    previous: Target | None
    subject: str
    goal: bool
    formal: bool
    statute: bool
    requirement: bool
    alone: bool
    ahead: bool
    follows_noun: bool


def judge(p: Place) -> Target | str:
    """The target, or in one word why there is none: 条件, 基数, 已有, 期限, 规定, 数目, 资金, 比例 …"""
    figure, left, right, words, whole = p.figure, p.left, p.right, p.words, p.whole
    routine = words_of.ROUTINE.search(words)
    if figure.kind == COUNT and (
        (figure.unit in {"次", "场", "期"} and routine)
        or re.search(r"方可|才可|方能|才能", whole)
        or (
            re.search(r"[应须需][^,]{0,2}$", left[: -len(level_word(left)) or None]) and not p.ahead
        )
    ):
        return "规定"
    if figure.kind == MONEY and re.search(r"方可|才可|方能|才能", whole):
        return "条件"
    if p.requirement and not re.search(r"力争|目标|到20\d\d年", whole):
        return "条件"
    if figure.kind == SHARE:
        return "比例"
    if figure.kind == FIRST:
        name = clean_indicator(re.sub(r"(?:实现|突破)$", "", left))
        return make(name or p.subject, "first", Decimal(1), None)
    from_year = re.search(r"(?:由|从)(?:20\d\d年)?(?:末|底)?的$", left)
    if from_year and figure.kind != FOLD:
        return "基数"
    if words_of.BASE_BEFORE.search(left) and figure.kind != FOLD:
        return "基数"
    past = words_of.PAST.search(left)
    if past and p.ahead and past[0].startswith("累计"):
        past = None
    if past and not re.search(r"(?:力争|到20|争取|目标|再|新增)", left):
        return "已有"
    if (
        p.previous is not None
        and re.fullmatch(r"[、和及与]|以及", left)
        and unit_of(figure) == p.previous.unit
        and not isinstance(p.previous.value, tuple)
    ):
        # 2025年、2030年分别达到35%和45%.
        return make(p.previous.indicator, p.previous.comparator, value_of(figure), unit_of(figure))
    if figure.kind == TIME:
        return _time(p)
    modifies = words_of.MODIFIES.match(right)
    share_of = not left.strip() and words_of.SHARE_REACHED.match(right)
    if share_of and figure.kind == PERCENT and not p.formal:
        # 90%以上的事项实现“一网通办”.
        return make(
            trailing_noun(re.sub(r"^(?:以上|左右)?的?", "", right)),
            compare(figure, ">="),
            value_of(figure),
            unit_of(figure),
        )
    if modifies and not re.search(
        r"(?:实现|推动|力争|确保|引导|争取|完成|覆盖|使|培育|建设|新增|打造|引进|建成|认定)(?:全市|全省)?$",
        left,
    ):
        return "条件"
    if (
        re.match(r"(?:及以上|以上|以下)(?=[^,。;、\s的)\]])", right)
        and figure.kind in {MONEY, COUNT}
        and not words_of.LEVEL.search(left)
        and not re.search(
            r"(?:力争|实现|培育|建成|新增|引进|服务|培训|举办|组织|建设|打造|创建|发展|新建|认定)[^,]{0,20}$",
            left,
        )
    ):
        return "条件"
    if (
        figure.kind == MONEY
        and figure.bound
        and re.match(r"(?:\([^()]{1,6}\))?[^,。;、\s)\]的]", right[figure.bound_end - figure.end :])
    ):
        # 年产值10亿元以上企业5户: only the firms are counted.
        return "条件"
    if figure.kind == MONEY and re.match(
        r"(?:的)?[\u4e00-\u9fff]{0,4}(?:企业|项目|单位|园区|集群|产业)[^,。;]{0,12}\d", right
    ):
        # 产值超10亿元企业3至5户: only the firms are counted.
        return "条件"
    if re.search(r"\(即[^)]{0,12}$", left) or re.search(r"每(?:名|位|个)(?:干部|人员|专员)", left):
        return "规定"
    condition = bool(words_of.CONDITION.search(words)) and not p.goal and p.deadline is None
    if condition and not words_of.CONDITION_END.search(words) and words_of.LEVEL.search(left):
        # 符合条件企业享受面保持在98%: the condition belongs to the indicator.
        condition = bool(re.match("对|凡|如|若|当", words))
    if condition and re.search(r"的[,:]?$", words):
        return "条件"
    if re.match(r"每", left) and re.search(
        r"每(?:增加|提高|降低|新增|满|超过|培育|引进|孵化)", left
    ):
        return "条件"
    if (
        figure.kind == MONEY
        and re.search(r"注册资本(?!由|增加|达到|提高)|罚款|单价|每人|每户|每平方米", words)
        and not re.search(
            r"(?:达到?|提高到|增加到|增至|增长到|提升到)(?:每人|每户|人均|户均)$", left
        )
    ):
        return "条件"
    if figure.kind == FOLD:
        base = re.search(r"(?:比|较)([^,。]{2,12}?)$", left)
        name = clean_indicator(re.sub(r"(?:比|较)[^,。]{2,12}$|(?:实现|力争|数量|再)+$", "", left))
        return make(
            name or p.subject, "growth", figure.value, "%", growth_base=base[1] if base else None
        )
    if figure.kind == MULTIPLE:
        grown = words_of.GROWTH.search(left)
        if grown:
            base = re.search(r"(?:比|较)([^,。]{2,12}?)(?=增长|提高|增加|上升)", left)
            name = clean_indicator(re.sub(r"(?:比|较)[^,。]{2,14}$", "", left[: grown.start()]))
            return make(
                name or p.subject,
                "growth",
                figure.value * 100,
                "%",
                growth_base=base[1] if base else None,
            )
        if not p.ahead or not words_of.LEVEL.search(left):
            return "倍数"
    strict = p.formal and not p.ahead
    growth = words_of.GROWTH.search(left)
    decline = words_of.DECLINE.search(left)
    if growth and figure.kind in {PERCENT, POINT} and not strict:
        value = value_of(figure)
        name = left[: growth.start()]
        base = re.search(r"(?:同比|(?:比|较)[^,。]{2,14}?)$", name)
        name = clean_indicator(name[: base.start()] if base else name)
        if not name and growth[0].startswith("增速"):
            name = "增速"
        if growth[0].startswith(("增速", "增幅")) and figure.kind == PERCENT:
            return make(
                (name or p.subject) + growth[0][:2], compare(figure, ">="), value, figure.unit
            )
        return make(
            name or p.subject,
            "growth",
            value if not isinstance(value, tuple) else value,
            unit_of(figure),
            direction="升",
            bound=figure.bound,
            growth_base=base[0] if base else None,
        )
    if decline and figure.kind in {PERCENT, POINT} and not strict:
        name = left[: decline.start()]
        base = re.search(r"(?:同比|(?:比|较)[^,。]{2,14}?)$", name)
        name = clean_indicator(name[: base.start()] if base else name)
        return make(
            (name or p.subject) + "降幅",
            compare(figure, ">="),
            value_of(figure),
            unit_of(figure),
            direction="降",
            growth_base=base[0] if base else None,
        )
    level = words_of.LEVEL.search(left)
    if level is not None and not strict:
        name = clean_indicator(left[: level.start()])
        index = next(i for i in range(len(words_of.LEVELS)) if level[f"l{i}"])
        comparator = compare(figure, words_of.LEVELS[index][1])
        if name and re.search(r"(?:的|其|且|者)$", name) and condition:
            return "条件"
        if not name and not p.subject and not re.search(words_of.BUILD, left):
            trailing = trailing_noun(right)
            if not trailing or not p.ahead:
                return "无指标"
            name = trailing
        verb = re.search(rf"^(?:{words_of.BUILD})", name) if name else None
        if verb and name == verb[0]:
            name = trailing_noun(right) or p.subject or name
        if condition and not p.ahead:
            return "条件"
        if words_of.AWARD_LIKE.search(words) and figure.kind == MONEY:
            return "资金"
        if re.search(r"权重|分值|得分|赋分|评分", name):
            return "规定"
        hedge = re.search(r"力争|争取", left)
        return make(
            name or p.subject,
            comparator,
            value_of(figure),
            unit_of(figure),
            hedge=hedge[0] if hedge else None,
        )
    if strict:
        return "规定"
    if condition and not p.ahead:
        return "条件"
    return _bare(p)


def _bare(p: Place) -> Target | str:
    """A figure without a word of level beside it: 新型研发机构2—3个, 每年培育20家以上."""
    figure, left, right, words = p.figure, p.left, p.right, p.words
    if words_of.AWARD_LIKE.search(words) and figure.kind == MONEY:
        return "资金"
    ends = re.match(
        r"(?:及以上|或以上|以上|以内|以下|左右|上下|之内)?(?:\([^()]{0,16}\))?[、,。;:)!]*$",
        right,
    ) or re.match(r"(?:及以上|以上|左右|以内)?(?:\([^()]{0,16}\))?(?:、|和|及|,)", right)
    least = ">=" if re.search(r"(?:至少|不少于|不低于)[^,]{0,6}$", left) else "="
    comparator = compare(figure, least)
    if figure.kind == PERCENT:
        if re.search(r"(?:实现|推动|力争|确保|引导|完成|覆盖|使)(?:全市|全省|全县|全区)?$", left):
            name = trailing_noun(re.sub(r"^(?:以上|以下|左右)?的", "", right))
            return make(name or p.subject, compare(figure, ">="), value_of(figure), unit_of(figure))
        named = re.search(
            r"(?:率|比重|占比|比例|覆盖面|份额|满意度|贡献度)(?:为|均|要|应|:| )*$", left
        )
        if named and (p.ahead or p.previous is not None) and ends:
            return make(clean_indicator(left), comparator, value_of(figure), unit_of(figure))
        if named and re.search(r"率", left) and ends and not p.statute:
            return make(clean_indicator(left), comparator, value_of(figure), unit_of(figure))
        if p.previous is not None and ends and len(left) <= 24:
            name = clean_indicator(left)
            if name and p.previous.unit == figure.unit:
                return make(
                    name,
                    inherit(figure, p.previous, left),
                    value_of(figure),
                    unit_of(figure),
                    part_of=part_of_whole(left, p.previous),
                )
        return "比例"
    if figure.kind == POINT:
        return "比例"
    if figure.kind == MONEY and figure.unit.endswith(("万", "亿")) and not p.ahead:
        return "资金"
    if figure.chinese and not (
        p.deadline is not None
        or re.search(r"力争|争取|每年|新增", left)
        or (p.goal and figure.value >= 3)
        or p.previous is not None
    ):
        return "数目"
    if (
        figure.chinese
        and re.search(r"[\u4e00-\u9fff]$", left)
        and not words_of.BUILD_BEFORE.search(left)
        and not re.search(r"(?:新增|培育|建设|打造|每年|力争)[^,]{0,12}$", left)
        and not p.previous
    ):
        return "数目"
    # 国家级10家: part of the list that 达到 opened.
    if (
        p.previous is not None
        and p.follows_noun
        and re.fullmatch(r"[^,;。\d]{2,30}[、和及与,](?:以及)?", left)
    ):
        noun = trailing_noun(right)
        if noun:
            return make(noun, inherit(figure, p.previous, left), value_of(figure), unit_of(figure))
    name = clean_indicator(left)
    if (
        p.previous is not None
        and ends
        and name
        and len(name) <= 40
        and not re.search(r"[一二三四五]是", left)
    ):
        return make(
            name,
            inherit(figure, p.previous, left),
            value_of(figure),
            unit_of(figure),
            part_of=part_of_whole(left, p.previous),
        )
    built = words_of.BUILD_BEFORE.search(left) or re.search(
        r"(?:力争|争取|每年|年内|新增|不少于|至少|约|近)$", left
    )
    noun = trailing_noun(right)
    if built and noun and (p.ahead or not figure.chinese):
        if not p.ahead and not re.search(
            r"培育|新增|建成|引进|认定|举办|培训|完成|创建|孵化|服务|净增|打造|改造|建设|组织|遴选|选派|新建|招引",
            left,
        ):
            return "数目"
        if re.search(
            rf"(?:{words_of.BUILD})$|(?:力争|争取|每年|不少于|至少|约|近|新增|超过|各|出|达)$",
            left,
        ):
            lead = re.search(rf"(?:{words_of.BUILD})[^,]{{0,8}}$", left)
            return make(
                (lead[0] if lead else "") + noun,
                comparator,
                value_of(figure),
                unit_of(figure),
                hedge="力争" if "力争" in left else None,
            )
    if ends and name and (p.ahead or re.search(rf"(?:{words_of.BUILD})", left)):
        verbal = re.search(
            r"新增|新建|新创办|培育|建成|引进|认定|完成|培训|服务|孵化|新登记|净增|打造|建设|发展|创建|发放|举办|组织|开展|实施|推动|改造|带动|吸纳|入库|推广|转化|投入|落实|实现|新设|新注册|招引|集聚|帮助|支持|扶持|选派|储备|推荐|征集|办理|解决|促进|设立|遴选|建立|培养|引育",
            left,
        )
        if (
            p.goal
            or verbal
            or p.previous is not None
            or figure.bound
            or (p.ahead and p.deadline is not None and not p.carried)
        ):
            if figure.kind == MONEY and not (p.goal or verbal or p.deadline is not None):
                return "资金"
            return make(
                name,
                comparator,
                value_of(figure),
                unit_of(figure),
                hedge="力争" if "力争" in left else None,
            )
    if built and p.ahead and noun:
        return make(noun, comparator, value_of(figure), unit_of(figure))
    if built and not figure.chinese and p.ahead and not ends:
        rest = trailing_noun(right)
        if rest:
            return make(rest, comparator, value_of(figure), unit_of(figure))
    return "数目" if figure.kind == COUNT else "资金"


def _time(p: Place) -> Target | str:
    """Times: 企业开办时间压缩至1个工作日 is a target, 5个工作日内审核 a procedure, 三年内 a deadline."""
    figure, left, right, whole = p.figure, p.left, p.right, p.whole
    level = words_of.LEVEL.search(left)
    within = figure.bound in {"内", "以内", "之内"}
    named = re.search(r"(?:时间|时限|周期|时长|用时|工期|天数|提速)", left)
    if figure.unit in {"年", "月", "周年", "季度"} and not named:
        if (
            re.search(r"力争$|争取$", left)
            and within
            and p.alone
            and re.search(r"建成|成为|建设|实现|打造|完成", right)
        ):
            return make(clean_indicator(right.removeprefix("内")), "<=", figure.value, figure.unit)
        return "期限"
    if named and (level is not None or within or figure.bound == "左右"):
        if p.formal and not p.ahead:
            return "期限"
        name = left[: level.start()] if level is not None else left
        if level is not None and re.search(r"(?:由|从)[^,]{1,16}$", name):
            name = re.sub(r"(?:由|从)[^,]{1,16}$", "", name)
        if words_of.DECLINE.search(left) and level is None and not within:
            return make(clean_indicator(name) + "降幅", ">=", figure.value, figure.unit)
        return make(
            clean_indicator(name),
            "<=" if level is None or words_of.LEVELS[level_index(level)][1] != "<" else "<",
            figure.value,
            figure.unit,
        )
    if (
        level is not None
        and not p.formal
        and figure.unit in {"工作日", "天", "小时", "分钟", "自然日", "日"}
    ):
        stated = words_of.LEVELS[level_index(level)][1]
        if (
            stated == "<="
            and re.match(r"压|缩|降|减|精|控", level[0])
            and not re.search(r"期限|发言|讲话", left)
            and len(clean_indicator(left[: level.start()])) >= 3
            and not words_of.PROCEDURE.search(left)
        ):
            return make(clean_indicator(left[: level.start()]), "<=", figure.value, figure.unit)
    if named and words_of.DECLINE.search(left):
        found = words_of.DECLINE.search(left)
        assert found is not None
        return make(
            clean_indicator(left[: found.start()]) + "降幅", ">=", figure.value, figure.unit
        )
    done = re.match(r"(?:内|以内|之内)?(?:办结|办理完|出证|领证|办成)", right)
    if (
        done
        and not p.formal
        and re.search(
            r"(?:登记|开办|注销|审批|许可|业务|事项|报装|接入|办证|手续)[^,自]{0,6}$", left
        )
    ):
        return make(clean_indicator(left), "<=", figure.value, figure.unit)
    if p.goal and within and not p.formal and re.search(r"办结|完成|办理|开办|审批|办成", whole):
        return make(clean_indicator(left), "<=", figure.value, figure.unit)
    return "期限"

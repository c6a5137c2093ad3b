"""Targets: indicator, comparator with exact boundary, value, unit, deadline.

A figure is a target when the words beside it set a level to be reached (达到, 突破, 控制在…以内), or when
it stands in a list of such levels, or follows a verb of building (培育, 新增) in a passage that looks
ahead. Conditions, baselines, procedures, definitions and what is already reached are none.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from decimal import Decimal

from huiqi.reading import target_words as words_of
from huiqi.reading.clauses import ClauseText
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
from huiqi.reading.sentences import Deadline, Stretch, deadlines, segments, sentences
from huiqi.reading.values import Target

# How far around a figure its words are read; no phrase that decides is longer.
_BACK = 200
_AHEAD = 120


@dataclass(frozen=True)
class TargetsFound:
    """The targets and the figures they used, by start, and those left aside with the reason."""

    targets: tuple[Target, ...]
    used: frozenset[int]
    aside: dict[int, str]


class Targets:
    """Reads the targets of one document."""

    def __init__(
        self,
        text: str,
        shadow: str,
        inside: bytearray,
        figures: list[Figure],
        taken: dict[int, str],
        title: str,
        issued_year: int | None,
    ) -> None:
        self.text = text
        self.shadow = shadow
        self.inside = inside
        self.figures = figures
        self.starts = [figure.start for figure in figures]
        self.taken = taken
        self.issued_year = issued_year
        self.statute = bool(words_of.STATUTE.search(title[-12:]))
        found = re.search(
            r"(20\d\d)年?度?(?=[^,。]{0,30}(?:计划|要点|任务|安排|行动|分工|方案))", title
        )
        self.title_year = f"{found[1]}年" if found else None
        if issued_year is None:
            plan = re.search(
                r"十[二三四五]五(?=[^,]{0,4}(?:规划|期间|时期|[\u4e00-\u9fff]))", title
            )
            starts = {"十二五": 2011, "十三五": 2016, "十四五": 2021, "十五五": 2026}
            self.issued_year = starts[plan[0]] if plan else (int(found[1]) if found else None)
        self.found: list[Target] = []
        # Whether the last target's noun stood behind its figure (10家领军企业), so the next one's does.
        self.follows_noun = False
        # Whether the deadline of the figure in hand comes from an earlier sentence.
        self.carried = False
        self.used: set[int] = set()
        self.aside: dict[int, str] = {}
        self.section_deadline: tuple[tuple[str, ...], Deadline] | None = None

    def read(self, clause: ClauseText | None, spans: tuple[tuple[int, int], ...]) -> None:
        """Targets of one clause, or of text outside clauses."""
        carried: Deadline | None = None
        section = clause.clause.section if clause else ()
        goal = False
        if clause is not None:
            chain = [*section, clause.clause.heading or ""]
            if any(
                words_of.BACKDROP.search(each) or words_of.ARRANGES.search(each) for each in chain
            ):
                return
            goal = any(words_of.TARGET_HEADING.search(each) and len(each) <= 24 for each in chain)
            if (
                self.section_deadline is not None
                and self.section_deadline[0] == section
                and section
            ):
                carried = self.section_deadline[1]
        formal = self.statute or (clause is not None and clause.clause.number.endswith("条"))
        requirement = False
        for start, end in spans:
            words = self.shadow[start:end]
            listed = bool(words_of.REQUIREMENT.search(words[-60:]) and words.rstrip().endswith(":"))
            for sentence in sentences(self.shadow, start, end, self.inside):
                carried = self._sentence(
                    sentence, clause, section, carried, goal, formal, requirement
                )
                text = self.shadow[sentence.start : sentence.end]
                if (
                    re.search(
                        r"(?:下列|以下|如下)[^,。]{0,8}(?:条件|标准|要求|情形|材料)[^,。]{0,6}:",
                        text,
                    )
                    or listed
                ):
                    requirement = True
        if goal and carried is not None and section:
            self.section_deadline = (section, carried)

    def introduce(self, section: tuple[str, ...], start: int, end: int) -> None:
        """A section's lead sentence (到2025年，…) dates the measures below it."""
        found = [d for d in deadlines(self.shadow, start, end) if d.lasting]
        if found and not self._past(found[-1]):
            self.section_deadline = (section, found[-1])

    # --- one sentence --------------------------------------------------------------------------

    def _sentence(
        self,
        sentence: Stretch,
        clause: ClauseText | None,
        section: tuple[str, ...],
        carried: Deadline | None,
        goal: bool,
        formal: bool,
        requirement: bool,
    ) -> Deadline | None:
        shadow = self.shadow
        dates = [
            d
            for d in deadlines(shadow, sentence.start, sentence.end)
            if not self.inside[d.start]
            or shadow[d.start] == "“"
            or shadow[d.start - 1 : d.start] == "“"
            or "“" in shadow[d.start : d.end]
        ]
        ahead = [d for d in dates if d.lasting and not self._past(d)]
        first = bisect_left(self.starts, sentence.start)
        last = bisect_left(self.starts, sentence.end)
        whole = shadow[sentence.start : sentence.end]
        past = any(self._past(d) for d in dates if d.lasting) and not ahead
        looks_back = words_of.LOOKS_BACK.match(whole) and not ahead
        if first < last and (looks_back or (past and not re.search(r"力争|争取|目标|确保", whole))):
            for figure in self.figures[first:last]:
                self.aside.setdefault(figure.start, "已有")
        elif first < last:
            self._figures(
                self.figures[first:last],
                sentence,
                clause,
                section,
                dates,
                carried,
                goal,
                formal,
                requirement,
            )
        return ahead[-1] if ahead else carried

    def _past(self, deadline: Deadline) -> bool:
        return (
            deadline.year is not None
            and self.issued_year is not None
            and deadline.year < self.issued_year
        )

    def _figures(
        self,
        figures: list[Figure],
        sentence: Stretch,
        clause: ClauseText | None,
        section: tuple[str, ...],
        dates: list[Deadline],
        carried: Deadline | None,
        goal: bool,
        formal: bool,
        requirement: bool,
    ) -> None:
        shadow = self.shadow
        whole = shadow[sentence.start : sentence.end]
        pieces = segments(shadow, sentence.start, sentence.end, self.inside)
        hidden_dates = [(d.start, d.end) for d in dates]
        previous: Target | None = None
        previous_figure: Figure | None = None
        subject = ""
        at = 0
        measured = [f for f in figures if not any(a <= f.start < b for a, b in hidden_dates)]
        for figure in figures:
            if (
                any(a <= figure.start < b for a, b in hidden_dates)
                and figure.start not in self.taken
            ):
                self._term(figure, sentence, clause, section, bool(measured))
        for figure in measured:
            while pieces[at].end <= figure.start:
                at += 1
            piece = pieces[at]
            if figure.start in self.taken:
                previous, previous_figure = None, None
                continue
            back = piece.start
            if previous_figure is not None and previous_figure.end > piece.start:
                back = previous_figure.bound_end
            left = self._before(back, figure.start, dates)
            right = shadow[figure.end : min(piece.end, figure.end + _AHEAD)]
            deadline, was_carried = self._deadline(figure, piece, dates, carried)
            self.carried = was_carried
            made = self._target(
                figure,
                piece,
                left,
                right,
                whole,
                sentence,
                deadline,
                previous,
                subject,
                goal,
                formal,
                requirement,
                measured,
                pieces[at + 1] if at + 1 < len(pieces) else None,
            )
            if made is None:
                continue
            if made.part_of and len(made.indicator) <= 8:
                whole_name = re.sub(rf"^(?:{words_of.BUILD})", "", made.part_of)
                made = replace(made, indicator=made.indicator + whole_name)
            indicator = made.indicator
            quote_start = self._quote_start(back, figure.start)
            if (
                previous is not None
                and self.follows_noun
                and left.endswith(("、", "和", "及", "与"))
            ):
                quote_start = figure.start
            quote_end = self._quote_end(figure, piece, made)
            made = replace(
                made,
                clause=clause.clause.number if clause else None,
                section=section,
                deadline=self._when(deadline, formal),
                deadline_carried=was_carried,
                quote=self.text[quote_start:quote_end],
                start=quote_start,
                end=quote_end,
            )
            self.found.append(made)
            self.used.add(figure.start)
            self.follows_noun = quote_end > figure.bound_end
            previous, previous_figure = made, figure
            subject = indicator or subject

    def _before(self, start: int, end: int, dates: list[Deadline]) -> str:
        """The words before a figure, without the dates among them: 要在2025年达到."""
        at = start = max(start, end - _BACK)
        out = []
        for date in dates:
            if date.lasting and at <= date.start and date.end <= end:
                start = date.start
                if self.shadow[start] in "到至" and re.search(
                    r"(?:增加|提高|提升|增长|扩大|压缩|压减|缩短|下降|降低|减少|上升|发展|达|降|增)$",
                    self.shadow[at:start],
                ):
                    start += 1
                out.append(self.shadow[at:start])
                at = date.end
                if at + 1 == end and self.shadow[at] == "的":
                    # 增加到2025年的120家
                    at = end
        out.append(self.shadow[at:end])
        joined = "".join(out)
        return joined[1:] if len(out) > 1 and joined[:1] == "的" else joined

    def _term(
        self,
        figure: Figure,
        sentence: Stretch,
        clause: ClauseText | None,
        section: tuple[str, ...],
        others: bool,
    ) -> None:
        """力争3年内…建设成为…: a span that is itself the target when nothing else is measured."""
        shadow = self.shadow
        aim = re.compile(
            r"(?:以内|之内|内)[^,。;]{0,60}?(?:建成|建设成|成为|打造成|完成|实现)[^,。;]{0,40}"
        ).match(shadow, figure.end, sentence.end)
        hoped = re.search(
            r"(?:力争|争取|确保)(?:在|用|利用|通过)?$",
            shadow[max(sentence.start, figure.start - 6) : figure.start],
        )
        if others or aim is None or hoped is None or figure.kind != TIME:
            self.aside[figure.start] = "期限"
            return
        start = figure.start - len(hoped[0])
        self.found.append(
            replace(
                make(
                    clean_indicator(re.sub(r"^(?:以内|之内|内)", "", aim[0])),
                    "<=",
                    figure.value,
                    figure.unit,
                    hedge=hoped[0][:2],
                ),
                clause=clause.clause.number if clause else None,
                section=section,
                deadline=self.text[figure.start : figure.bound_end],
                quote=self.text[start : aim.end()],
                start=start,
                end=aim.end(),
            )
        )
        self.used.add(figure.start)

    def _when(self, deadline: Deadline | None, formal: bool) -> str | None:
        """The deadline as text; 今年 and 全年 of an annual plan are the plan's year."""
        if deadline is None:
            return None if formal else self.title_year
        if self.title_year and re.match(r"今年|全年|年内|本年度|年底", deadline.text):
            return self.title_year + ("底" if "底" in deadline.text else "")
        return deadline.text

    def _deadline(
        self, figure: Figure, piece: Stretch, dates: list[Deadline], carried: Deadline | None
    ) -> tuple[Deadline | None, bool]:
        """The deadline that governs a figure, and whether it comes from an earlier sentence."""
        before = [d for d in dates if d.end <= figure.start and not self._past(d)]
        listed = [d for d in before if d.lasting and d.start >= piece.start]
        if len(listed) >= 2 and "分别" in self.shadow[listed[-1].end : figure.start]:
            # 2024年、2025年分别新增100家、150家: the first date with the first figure.
            first = bisect_left(self.starts, listed[-1].end)
            place = bisect_left(self.starts, figure.start) - first
            if place < len(listed):
                return listed[place], False
        here = [d for d in before if d.start >= piece.start]
        lasting = [d for d in before if d.lasting]
        yearly = [d for d in here if not d.lasting]
        average = bool(yearly) and self.shadow[yearly[-1].start : yearly[-1].end] == "年均"
        if yearly and not average and not [d for d in here if d.lasting]:
            return yearly[-1], False
        if lasting:
            return lasting[-1], False
        if yearly:
            return (carried, True) if average and carried else (yearly[-1], False)
        after = [d for d in dates if figure.end <= d.start < piece.end and d.lasting]
        if after:
            return after[0], False
        return carried, carried is not None

    # --- one figure ----------------------------------------------------------------------------

    def _target(
        self,
        figure: Figure,
        piece: Stretch,
        left: str,
        right: str,
        whole: str,
        sentence: Stretch,
        deadline: Deadline | None,
        previous: Target | None,
        subject: str,
        goal: bool,
        formal: bool,
        requirement: bool,
        measured: list[Figure],
        following: Stretch | None,
    ) -> Target | None:
        shadow = self.shadow
        words = shadow[max(piece.start, figure.start - _BACK) : min(piece.end, figure.end + _AHEAD)]
        ahead = goal or bool(
            deadline is not None
            or self.title_year
            or re.search(r"力争|争取|确保|目标|年均|每年", whole)
        )
        routine = words_of.ROUTINE.search(words)
        if figure.kind == COUNT and (
            (figure.unit in {"次", "场", "期"} and routine)
            or re.search(r"方可|才可|方能|才能", whole)
            or (
                re.search(r"[应须需][^,]{0,2}$", left[: -len(level_word(left)) or None])
                and not ahead
            )
        ):
            return self._leave(figure, "规定")
        if figure.kind == MONEY and re.search(r"方可|才可|方能|才能", whole):
            return self._leave(figure, "条件")
        if requirement and not re.search(r"力争|目标|到20\d\d年", whole):
            return self._leave(figure, "条件")
        if figure.kind == SHARE:
            return self._leave(figure, "比例")
        if figure.kind == FIRST:
            name = clean_indicator(re.sub(r"(?:实现|突破)$", "", left))
            return make(name or subject, "first", Decimal(1), None)
        from_year = re.search(r"(?:由|从)(?:20\d\d年)?(?:末|底)?的$", left)
        if from_year and figure.kind != FOLD:
            return self._leave(figure, "基数")
        if words_of.BASE_BEFORE.search(left) and figure.kind != FOLD:
            return self._leave(figure, "基数")
        past = words_of.PAST.search(left)
        if past and ahead and past[0].startswith("累计"):
            past = None
        if past and not re.search(r"(?:力争|到20|争取|目标|再|新增)", left):
            return self._leave(figure, "已有")
        if (
            previous is not None
            and re.fullmatch(r"[、和及与]|以及", left)
            and unit_of(figure) == previous.unit
            and not isinstance(previous.value, tuple)
        ):
            # 2025年、2030年分别达到35%和45%.
            return make(previous.indicator, previous.comparator, value_of(figure), unit_of(figure))
        if figure.kind == TIME:
            return self._time(figure, left, right, words, whole, goal, formal, measured, ahead)
        modifies = words_of.MODIFIES.match(shadow, figure.end, piece.end)
        share_of = not left.strip() and words_of.SHARE_REACHED.match(right)
        if share_of and figure.kind == PERCENT and not formal:
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
            return self._leave(figure, "条件")
        if (
            re.match(r"(?:及以上|以上|以下)(?=[^,。;、\s的)\]])", right)
            and figure.kind in {MONEY, COUNT}
            and not words_of.LEVEL.search(left)
            and not re.search(
                r"(?:力争|实现|培育|建成|新增|引进|服务|培训|举办|组织|建设|打造|创建|发展|新建|认定)[^,]{0,20}$",
                left,
            )
        ):
            return self._leave(figure, "条件")
        if (
            figure.kind == MONEY
            and figure.bound
            and re.match(
                r"(?:\([^()]{1,6}\))?[^,。;、\s)\]的]", shadow[figure.bound_end : piece.end]
            )
        ):
            # 年产值10亿元以上企业5户: only the firms are counted.
            return self._leave(figure, "条件")
        if figure.kind == MONEY and re.match(
            r"(?:的)?[\u4e00-\u9fff]{0,4}(?:企业|项目|单位|园区|集群|产业)[^,。;]{0,12}\d", right
        ):
            # 产值超10亿元企业3至5户: only the firms are counted.
            return self._leave(figure, "条件")
        if re.search(r"\(即[^)]{0,12}$", left) or re.search(
            r"每(?:名|位|个)(?:干部|人员|专员)", left
        ):
            return self._leave(figure, "规定")
        condition = bool(words_of.CONDITION.search(words)) and not goal and deadline is None
        if condition and not words_of.CONDITION_END.search(words) and words_of.LEVEL.search(left):
            # 符合条件企业享受面保持在98%: the condition belongs to the indicator.
            condition = bool(re.match("对|凡|如|若|当", words))
        if condition and re.search(r"的[,:]?$", words):
            return self._leave(figure, "条件")
        if re.match(r"每", left) and re.search(
            r"每(?:增加|提高|降低|新增|满|超过|培育|引进|孵化)", left
        ):
            return self._leave(figure, "条件")
        if (
            figure.kind == MONEY
            and re.search(r"注册资本(?!由|增加|达到|提高)|罚款|单价|每人|每户|每平方米", words)
            and not re.search(
                r"(?:达到?|提高到|增加到|增至|增长到|提升到)(?:每人|每户|人均|户均)$", left
            )
        ):
            return self._leave(figure, "条件")
        if figure.kind == FOLD:
            base = re.search(r"(?:比|较)([^,。]{2,12}?)$", left)
            name = clean_indicator(
                re.sub(r"(?:比|较)[^,。]{2,12}$|(?:实现|力争|数量|再)+$", "", left)
            )
            return make(
                name or subject, "growth", figure.value, "%", growth_base=base[1] if base else None
            )
        if figure.kind == MULTIPLE:
            grown = words_of.GROWTH.search(left)
            if grown:
                base = re.search(r"(?:比|较)([^,。]{2,12}?)(?=增长|提高|增加|上升)", left)
                name = clean_indicator(re.sub(r"(?:比|较)[^,。]{2,14}$", "", left[: grown.start()]))
                return make(
                    name or subject,
                    "growth",
                    figure.value * 100,
                    "%",
                    growth_base=base[1] if base else None,
                )
            if not ahead or not words_of.LEVEL.search(left):
                return self._leave(figure, "倍数")
        strict = formal and not ahead
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
                    (name or subject) + growth[0][:2], compare(figure, ">="), value, figure.unit
                )
            return make(
                name or subject,
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
                (name or subject) + "降幅",
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
                return self._leave(figure, "条件")
            if not name and not subject and not re.search(words_of.BUILD, left):
                trailing = trailing_noun(right)
                if not trailing or not ahead:
                    return self._leave(figure, "无指标")
                name = trailing
            verb = re.search(rf"^(?:{words_of.BUILD})", name) if name else None
            if verb and name == verb[0]:
                name = trailing_noun(right) or subject or name
            if condition and not ahead:
                return self._leave(figure, "条件")
            if words_of.AWARD_LIKE.search(words) and figure.kind == MONEY:
                return self._leave(figure, "资金")
            if re.search(r"权重|分值|得分|赋分|评分", name):
                return self._leave(figure, "规定")
            hedge = re.search(r"力争|争取", left)
            return make(
                name or subject,
                comparator,
                value_of(figure),
                unit_of(figure),
                hedge=hedge[0] if hedge else None,
            )
        if strict:
            return self._leave(figure, "规定")
        if condition and not ahead:
            return self._leave(figure, "条件")
        return self._bare(
            figure, left, right, words, whole, previous, subject, goal, ahead, deadline
        )

    def _bare(
        self,
        figure: Figure,
        left: str,
        right: str,
        words: str,
        whole: str,
        previous: Target | None,
        subject: str,
        goal: bool,
        ahead: bool,
        deadline: Deadline | None,
    ) -> Target | None:
        """A figure without a word of level beside it: 新型研发机构2—3个, 每年培育20家以上."""
        if words_of.AWARD_LIKE.search(words) and figure.kind == MONEY:
            return self._leave(figure, "资金")
        ends = re.match(
            r"(?:及以上|或以上|以上|以内|以下|左右|上下|之内)?(?:\([^()]{0,16}\))?[、,。;:)!]*$",
            right,
        ) or re.match(r"(?:及以上|以上|左右|以内)?(?:\([^()]{0,16}\))?(?:、|和|及|,)", right)
        least = ">=" if re.search(r"(?:至少|不少于|不低于)[^,]{0,6}$", left) else "="
        comparator = compare(figure, least)
        if figure.kind == PERCENT:
            if re.search(
                r"(?:实现|推动|力争|确保|引导|完成|覆盖|使)(?:全市|全省|全县|全区)?$", left
            ):
                name = trailing_noun(re.sub(r"^(?:以上|以下|左右)?的", "", right))
                return make(
                    name or subject, compare(figure, ">="), value_of(figure), unit_of(figure)
                )
            named = re.search(
                r"(?:率|比重|占比|比例|覆盖面|份额|满意度|贡献度)(?:为|均|要|应|:| )*$", left
            )
            if named and (ahead or previous is not None) and ends:
                return make(clean_indicator(left), comparator, value_of(figure), unit_of(figure))
            if named and re.search(r"率", left) and ends and not self.statute:
                return make(clean_indicator(left), comparator, value_of(figure), unit_of(figure))
            if previous is not None and ends and len(left) <= 24:
                name = clean_indicator(left)
                if name and previous.unit == figure.unit:
                    return make(
                        name,
                        inherit(figure, previous, left),
                        value_of(figure),
                        unit_of(figure),
                        part_of=part_of_whole(left, previous),
                    )
            return self._leave(figure, "比例")
        if figure.kind == POINT:
            return self._leave(figure, "比例")
        if figure.kind == MONEY and figure.unit.endswith(("万", "亿")) and not ahead:
            return self._leave(figure, "资金")
        if figure.chinese and not (
            deadline is not None
            or re.search(r"力争|争取|每年|新增", left)
            or (goal and figure.value >= 3)
            or previous is not None
        ):
            return self._leave(figure, "数目")
        if (
            figure.chinese
            and re.search(r"[\u4e00-\u9fff]$", left)
            and not words_of.BUILD_BEFORE.search(left)
            and not re.search(r"(?:新增|培育|建设|打造|每年|力争)[^,]{0,12}$", left)
            and not previous
        ):
            return self._leave(figure, "数目")
        # 国家级10家: part of the list that 达到 opened.
        if (
            previous is not None
            and self.follows_noun
            and re.fullmatch(r"[^,;。\d]{2,30}[、和及与,](?:以及)?", left)
        ):
            noun = trailing_noun(right)
            if noun:
                return make(
                    noun, inherit(figure, previous, left), value_of(figure), unit_of(figure)
                )
        name = clean_indicator(left)
        if (
            previous is not None
            and ends
            and name
            and len(name) <= 40
            and not re.search(r"[一二三四五]是", left)
        ):
            return make(
                name,
                inherit(figure, previous, left),
                value_of(figure),
                unit_of(figure),
                part_of=part_of_whole(left, previous),
            )
        built = words_of.BUILD_BEFORE.search(left) or re.search(
            r"(?:力争|争取|每年|年内|新增|不少于|至少|约|近)$", left
        )
        noun = trailing_noun(right)
        if built and noun and (ahead or not figure.chinese):
            if not ahead and not re.search(
                r"培育|新增|建成|引进|认定|举办|培训|完成|创建|孵化|服务|净增|打造|改造|建设|组织|遴选|选派|新建|招引",
                left,
            ):
                return self._leave(figure, "数目")
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
        if ends and name and (ahead or re.search(rf"(?:{words_of.BUILD})", left)):
            verbal = re.search(
                r"新增|新建|新创办|培育|建成|引进|认定|完成|培训|服务|孵化|新登记|净增|打造|建设|发展|创建|发放|举办|组织|开展|实施|推动|改造|带动|吸纳|入库|推广|转化|投入|落实|实现|新设|新注册|招引|集聚|帮助|支持|扶持|选派|储备|推荐|征集|办理|解决|促进|设立|遴选|建立|培养|引育",
                left,
            )
            if (
                goal
                or verbal
                or previous is not None
                or figure.bound
                or (ahead and deadline is not None and not self.carried)
            ):
                if figure.kind == MONEY and not (goal or verbal or deadline is not None):
                    return self._leave(figure, "资金")
                return make(
                    name,
                    comparator,
                    value_of(figure),
                    unit_of(figure),
                    hedge="力争" if "力争" in left else None,
                )
        if built and ahead and noun:
            return make(noun, comparator, value_of(figure), unit_of(figure))
        if built and not figure.chinese and ahead and not ends:
            rest = trailing_noun(right)
            if rest:
                return make(rest, comparator, value_of(figure), unit_of(figure))
        return self._leave(figure, "数目" if figure.kind == COUNT else "资金")

    def _time(
        self,
        figure: Figure,
        left: str,
        right: str,
        words: str,
        whole: str,
        goal: bool,
        formal: bool,
        measured: list[Figure],
        ahead: bool,
    ) -> Target | None:
        """Times: 企业开办时间压缩至1个工作日 is a target, 5个工作日内审核 a procedure, 三年内 a deadline."""
        level = words_of.LEVEL.search(left)
        within = figure.bound in {"内", "以内", "之内"}
        named = re.search(r"(?:时间|时限|周期|时长|用时|工期|天数|提速)", left)
        if figure.unit in {"年", "月", "周年", "季度"} and not named:
            if (
                re.search(r"力争$|争取$", left)
                and within
                and len(measured) == 1
                and re.search(r"建成|成为|建设|实现|打造|完成", right)
            ):
                return make(
                    clean_indicator(right.removeprefix("内")), "<=", figure.value, figure.unit
                )
            return self._leave(figure, "期限")
        if named and (level is not None or within or figure.bound == "左右"):
            if formal and not ahead:
                return self._leave(figure, "期限")
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
            and not formal
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
            and not formal
            and re.search(
                r"(?:登记|开办|注销|审批|许可|业务|事项|报装|接入|办证|手续)[^,自]{0,6}$", left
            )
        ):
            return make(clean_indicator(left), "<=", figure.value, figure.unit)
        if goal and within and not formal and re.search(r"办结|完成|办理|开办|审批|办成", whole):
            return make(clean_indicator(left), "<=", figure.value, figure.unit)
        return self._leave(figure, "期限")

    def _leave(self, figure: Figure, why: str) -> Target | None:
        """No target; the reason is kept for the accounting."""
        self.aside[figure.start] = why
        return None

    # --- quotes --------------------------------------------------------------------------------

    def _quote_start(self, start: int, stop: int) -> int:
        while start < stop and self.shadow[start] in ",;:、。和及 —-":
            start += 1
        return start

    def _quote_end(self, figure: Figure, piece: Stretch, made: Target) -> int:
        end = figure.bound_end
        noun = trailing_noun(self.shadow[figure.end : piece.end])
        if noun and made.indicator.endswith(noun):
            end = self.shadow.find(noun, figure.end) + len(noun)
        return max(end, figure.end)

    def result(self) -> TargetsFound:
        return TargetsFound(tuple(self.found), frozenset(self.used), dict(self.aside))

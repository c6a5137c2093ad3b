"""Targets: indicator, comparator with exact boundary, value, unit, deadline.

A figure is a target when the words beside it set a level to be reached (达到, 突破, 控制在…以内), or when
it stands in a list of such levels, or follows a verb of building (培育, 新增) in a passage that looks
ahead. Conditions, baselines, procedures, definitions and what is already reached are none.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, replace

from huiqi.reading import target_words as words_of
from huiqi.reading.clauses import ClauseText
from huiqi.reading.figures import (
    TIME,
    Figure,
)
from huiqi.reading.indicators import (
    clean_indicator,
    make,
    trailing_noun,
)
from huiqi.reading.judging import Place, judge
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
            made = judge(
                Place(
                    figure=figure,
                    left=left,
                    right=right,
                    words=shadow[
                        max(piece.start, figure.start - _BACK) : min(piece.end, figure.end + _AHEAD)
                    ],
                    whole=whole,
                    deadline=deadline,
                    carried=was_carried,
                    previous=previous,
                    subject=subject,
                    goal=goal,
                    formal=formal,
                    statute=self.statute,
                    requirement=requirement,
                    alone=len(measured) == 1,
                    ahead=goal
                    or deadline is not None
                    or self.title_year is not None
                    or re.search(r"力争|争取|确保|目标|年均|每年", whole) is not None,
                    follows_noun=self.follows_noun,
                )
            )
            if isinstance(made, str):
                self.aside[figure.start] = made
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

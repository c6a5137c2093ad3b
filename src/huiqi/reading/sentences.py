"""Sentences and their parts, deadlines, and the few questions every reader asks of a passage."""

import re
from dataclasses import dataclass

_STOPS = "。!?"
LONGEST_SENTENCE = 1500


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the shadow: a sentence, a part between semicolons, or a comma segment."""

    start: int
    end: int


def sentences(shadow: str, start: int, end: int, inside: bytearray) -> list[Stretch]:
    """Sentences of `shadow[start:end]`: ended by 。！？ outside quotations and brackets.

    What is far longer than any sentence is cut, so that work inside a sentence stays bounded.
    """
    out: list[Stretch] = []
    for stretch in _split(shadow, start, end, inside, _STOPS + "\n"):
        at = stretch.start
        while stretch.end - at > LONGEST_SENTENCE:
            stop = max(shadow.rfind(mark, at, at + LONGEST_SENTENCE) for mark in ";,、") + 1
            stop = stop if stop > at else at + LONGEST_SENTENCE
            out.append(Stretch(at, stop))
            at = stop
        out.append(Stretch(at, stretch.end))
    return out


def parts(shadow: str, start: int, end: int, inside: bytearray) -> list[Stretch]:
    """The parts of a sentence between semicolons."""
    return _split(shadow, start, end, inside, ";")


def segments(shadow: str, start: int, end: int, inside: bytearray) -> list[Stretch]:
    """The parts of a sentence between commas, colons and semicolons."""
    return _split(shadow, start, end, inside, ",;:。!?\n")


def _split(shadow: str, start: int, end: int, inside: bytearray, marks: str) -> list[Stretch]:
    out: list[Stretch] = []
    at = start
    for index in range(start, end):
        if shadow[index] in marks and (not inside[index] or shadow[index] == "\n"):
            if (
                shadow[index] == ":"
                and shadow[index - 1 : index].isdecimal()
                and shadow[index + 1 : index + 2].isdecimal()
            ):
                continue
            stop = index + 1
            if shadow[at:stop].strip():
                out.append(_trimmed(shadow, at, stop))
            at = stop
    if shadow[at:end].strip():
        out.append(_trimmed(shadow, at, end))
    return out


def _trimmed(shadow: str, start: int, end: int) -> Stretch:
    while start < end and shadow[start] in " \n":
        start += 1
    while end > start and shadow[end - 1] in " \n":
        end -= 1
    return Stretch(start, end)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due. `lasting` ones hold for the sentences that follow, 每年 does not."""

    text: str
    start: int
    end: int
    lasting: bool
    year: int | None = None


_CN_SPAN = "一二两三四五六七八九十"
_DEADLINE = re.compile(
    r"(?:(?:力争|争取|确保|预计|计划|规划)?(?:到|至|在|截至|截止|于)?)"
    r"(?P<year>(?:19|20)\d\d) ?年(?:度)?(?P<tail>年?[底末初]|\d{1,2} ?月(?:\d{1,2} ?日|[底末份])?|上半年|下半年|[一二三四]季度末?)?(?P<before>之前|以前|前)?"
    r"|(?:到|至|在|力争到?)?[“]?(?P<plan>十[一二三四五六七]五)[”]?(?P<planend>规划期末|规划末|时期末|期末|末期|末|收官|期间|时期|规划期)"
    rf"|(?:力争|争取|用|利用|通过|经过|在|未来|今后|到|计划用)?(?P<span>(?:\d{{1,2}}|[{_CN_SPAN}]{{1,2}})(?:[-—~至到](?:\d{{1,2}}|[{_CN_SPAN}]))?)(?P<spanunit>年|个月)(?:左右)?(?P<spanend>之内|以内|内|(?:左右)?的?时间(?:内|里)?)"
    r"|(?P<yearly>每年(?:度)?|逐年|年均|每个?年度|每季度|每月|每半年)"
    r"|(?P<now>今年(?:内|底)?(?:之?前)?|年内|本年度|年底之?前|年底|全年|明年|本届(?:政府)?任期内|近期|远期|中期)"
)


def deadlines(shadow: str, start: int, end: int) -> list[Deadline]:
    """Deadlines printed in `shadow[start:end]`, in order."""
    out: list[Deadline] = []
    for found in _DEADLINE.finditer(shadow, start, end):
        if found["year"]:
            before = shadow[max(found.start("year") - 1, 0) : found.start("year")]
            if before and before in "比较以与从自由":
                # A base year: 比2020年增长一倍.
                continue
            if re.match(
                r"[(]?(?:版|修订|第|印发|出台)|(?:以来|以后|起)",
                shadow[found.end() : found.end() + 2],
            ):
                continue
            text = (
                found["year"] + "年" + (found["tail"] or "").lstrip("年") + (found["before"] or "")
            )
            out.append(
                Deadline(
                    "".join(text.split()), found.start(), found.end(), True, int(found["year"])
                )
            )
        elif found["plan"]:
            word = found["planend"]
            text = found["plan"] + ("末" if "末" in word or word == "收官" else "期间")
            ends = {"十一五": 2010, "十二五": 2015, "十三五": 2020, "十四五": 2025, "十五五": 2030}
            out.append(
                Deadline(text, found.start(), found.end(), True, ends.get(found["plan"], 2035))
            )
        elif found["span"]:
            if re.search(
                r"毕业|成立|注册|离校|退役|出狱|入职|运营|经营",
                shadow[max(found.start() - 3, 0) : found.start()],
            ):
                # 毕业5年内 says who, not when.
                continue
            word = "内" if "内" in found["spanend"] and "时间" not in found["spanend"] else ""
            text = found["span"] + found["spanunit"] + word
            out.append(Deadline(text, found.start(), found.end(), True))
        elif found["yearly"]:
            text = "每年" if "年" in found["yearly"] else found["yearly"]
            out.append(Deadline(text, found.start(), found.end(), False))
        else:
            out.append(Deadline(found["now"], found.start(), found.end(), True))
    return out

"""The fate of every sentence, and whether the paper is a policy at all.

Nothing is dropped: the sentences cover the cleaned text, and what no reader claimed and no rule of
writing explains is left to a person, with the reason.
"""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from huiqi.reading.clauses import ClauseText
from huiqi.reading.clean import Cleaned
from huiqi.reading.document import Frame
from huiqi.reading.figures import Figure
from huiqi.reading.folding import depth
from huiqi.reading.outline import Node, Outline
from huiqi.reading.sentences import sentences
from huiqi.reading.supports import SupportsFound
from huiqi.reading.target_words import BACKDROP
from huiqi.reading.targets import TargetsFound
from huiqi.reading.values import Coverage, Document, Fate, Sentence

_DUTY = re.compile(
    r"支持|鼓励|推进|推动|加强|加快|加大|建立|建设|完善|实施|落实|开展|组织|引导|促进|提升|提高|优化|强化|深化|打造|培育|发展|扩大|拓宽|创新|制定|出台|发挥|保障|保证|"
    r"协调|负责|牵头|配合|应当|必须|不得|严禁|禁止|要|由|可|允许|实行|推行|推广|探索|举办|搭建|整合|统筹|依托|围绕|聚焦|坚持|健全|规范|简化|降低|取消|放宽|纳入|作为|提供|帮助|协助|"
    r"宣传|培训|监督|检查|考核|评估|公示|公布|受理|审核|审批|申请|申报|报送|备案|拨付|追究|收回|取消|退回|整改|动态|管理|确保|力争|争取|用好|做好|抓好|办好|设立|成立|组建|选派|"
    r"遴选|认定|评选|对接|服务|指导|督促|定期|及时|充分|积极|严格|切实|大力|着力|重点|优先|倡导|弘扬|营造|吸引|引进|盘活|清理|打击|构建|形成|实现|激发|释放|运用|利用|采取|采用|享受|承担|兑现|按照|根据|"
    r"具备|符合|满足|提交|填写|出具|签订|执行|适用|改造|升级|转化|攻关|突破|壮大|做大|做强|扶持|减轻|压缩|缩短|公开|共享|接入|汇聚|开放|跟踪|监测|分析|总结|移植|复制|试点|先行|参与|参加|推荐|协同|联合|融合|通报|报告|每季度|每月|承接|明确|落到|扩容|研究|监管|禁|选树|拓展"
)
_DEFINITION = re.compile(
    r"是指|指的是|系指|所称|以下(?:统)?简称|本(?:办法|细则|措施|意见|规定|政策)(?:中|所)?.{0,12}(?:指|包括)|名词解释|^注:"
)
_MONEY_WORD = re.compile(
    r"奖励|奖补|补助|补贴|资助|资金支持|资金激励|资金扶持|贴息|补偿|经费支持|专项资金"
)
_VAGUE = re.compile(
    r"一企一策|一事一议|一人一策|一园一策|另行(?:制定|研究|确定)|酌情|适当(?:给予|提高|补助|奖励)|相应(?:的)?(?:奖励|补助|补贴|支持)|一定(?:的)?(?:奖励|补助|补贴|支持|倾斜|比例)"
)
_SCOPE = re.compile(
    r"(?:支持|扶持|奖补|奖励|补贴|申报|适用|补助|资助|实施)(?:对象|范围|条件)|(?:认定|申请|基本)条件"
)
_LISTED = re.compile(r"(?:下列|以下|如下)[^。]{0,16}(?:条件|情形|标准|材料|范围|要求)?[^。]{0,6}:")
_FORCE = re.compile(r"施行|有效期|负责解释|解释权|同时废止|执行期限|自.{2,16}起(?:执行|实施|生效)")
_BACKDROP = re.compile(
    r"指导思想|总体要求|基本原则|总体思路|重要意义|发展基础|现状|形势|背景|工作基础|面临|总则|前言"
)
_BENIGN = {"条件", "期限", "基数", "已有", "规定"}
_WHY = {
    "资金": "数额不是给企业的奖补，也不像目标",
    "数目": "数目是否为目标，原文没有写明",
    "比例": "比例既不像目标，也不像补助比例",
    "倍数": "倍数的含义原文没有写明",
    "无指标": "找不到这个数字说的是什么指标",
}
_GENRE = re.compile(
    r"通知|意见|办法|方案|规定|细则|措施|计划|规划|决定|条例|纲要|政策|要点|公告|通告|规则|制度|清单|指南|指引|批复|决议"
)


@dataclass(frozen=True)
class _Items:
    """Spans in order with what each is, for quick look-up."""

    starts: list[int]
    spans: list[tuple[int, int, object]]

    @classmethod
    def of(cls, spans: list[tuple[int, int, object]]) -> "_Items":
        ordered = sorted(spans, key=lambda s: s[0])
        return cls([s[0] for s in ordered], ordered)

    def within(self, start: int, end: int) -> list[object]:
        """Items that begin in the stretch, or began before and reach into it."""
        first = bisect_left(self.starts, start)
        last = bisect_left(self.starts, end)
        out = [self.spans[i][2] for i in range(first, last)]
        for i in range(max(0, first - 3), first):
            if self.spans[i][1] > start:
                out.append(self.spans[i][2])
        return out


def account(
    cleaned: Cleaned,
    outline: Outline,
    clauses: tuple[ClauseText, ...],
    frame: Frame,
    figures: list[Figure],
    supports: SupportsFound,
    targets: TargetsFound,
) -> tuple[Sentence, ...]:
    """Every sentence of the cleaned text in order, each with one fate."""
    inside = depth(cleaned.shadow)
    aims = _Items.of([(t.start, t.end, t) for t in targets.targets])
    gifts = _Items.of([(s.start, s.end, s) for s in supports.supports])
    units = _Items.of([(a, b, (a, b)) for c in clauses for a, b in c.unit_spans])
    figure_starts = [f.start for f in figures]
    owner = _owners(clauses, cleaned)
    heads = _heading_ends(outline)
    out: list[Sentence] = []
    for index, paragraph in enumerate(cleaned.paragraphs):
        clause = owner.get(index)
        name = clause.clause.number if clause else None
        if index in outline.contents:
            out.append(Sentence(paragraph.start, paragraph.end, Fate.HEADING, None, "目录"))
            continue
        if index in frame.head:
            out.append(
                Sentence(paragraph.start, paragraph.end, Fate.HEADING, None, "版头、标题或落款")
            )
            continue
        start = paragraph.start
        if index in heads and heads[index] > start:
            out.append(Sentence(start, min(heads[index], paragraph.end), Fate.HEADING, name))
            start = min(heads[index], paragraph.end)
        stretches = (
            [(start, paragraph.end)]
            if paragraph.cells
            else [(s.start, s.end) for s in sentences(cleaned.shadow, start, paragraph.end, inside)]
        )
        for a, b in stretches:
            fate, reason = _fate(
                a,
                b,
                cleaned,
                clause,
                index,
                outline,
                aims,
                gifts,
                units,
                figures,
                figure_starts,
                supports,
                targets,
            )
            out.append(Sentence(a, b, fate, name, reason))
    return tuple(out)


def _owners(clauses: tuple[ClauseText, ...], cleaned: Cleaned) -> dict[int, ClauseText]:
    starts = [p.start for p in cleaned.paragraphs]
    owners: dict[int, ClauseText] = {}
    for clause in clauses:
        for start, _ in clause.spans:
            owners[bisect_right(starts, start) - 1] = clause
        owners[bisect_right(starts, clause.clause.start) - 1] = clause
    return owners


def _heading_ends(outline: Outline) -> dict[int, int]:
    """Paragraph -> where its heading ends, number and stop included."""
    out: dict[int, int] = {}

    def walk(node: Node) -> None:
        if node.heading is not None:
            out[node.paragraph] = node.body
        for child in node.children:
            walk(child)

    for root in outline.roots:
        walk(root)
    return out


def _fate(
    start: int,
    end: int,
    cleaned: Cleaned,
    clause: ClauseText | None,
    index: int,
    outline: Outline,
    aims: _Items,
    gifts: _Items,
    units: _Items,
    figures: list[Figure],
    figure_starts: list[int],
    supports: SupportsFound,
    targets: TargetsFound,
) -> tuple[Fate, str]:
    words = cleaned.shadow[start:end]
    covered = sum(
        min(span[1], end) - max(span[0], start)
        for span in units.within(start, end)
        if isinstance(span, tuple)
    )
    if covered * 5 >= (end - start) * 4:
        return Fate.DUTY, "责任单位"
    given = gifts.within(start, end)
    aimed = aims.within(start, end)
    open_figures = [
        f
        for f in figures[bisect_left(figure_starts, start) : bisect_left(figure_starts, end)]
        if f.start not in targets.used
        and f.start not in supports.roles
        and targets.aside.get(f.start, "无指标") not in _BENIGN
    ]
    chain = (*clause.clause.section, clause.clause.heading or "") if clause else ()
    if any(BACKDROP.search(each) for each in chain):
        return Fate.BACKGROUND, "回顾与形势"
    if clause is not None and open_figures:
        first = open_figures[0]
        why = _WHY.get(targets.aside.get(first.start, "无指标"), _WHY["无指标"])
        return Fate.PERSON, f"“{cleaned.text[first.start : first.bound_end]}”：{why}"
    with_figures = [s for s in given if getattr(s, "has_figures", False)]
    if with_figures:
        return Fate.SUPPORT, ""
    if aimed:
        return Fate.TARGET, ""
    if given:
        if _MONEY_WORD.search(words) or _VAGUE.search(words):
            return Fate.PERSON, "写了给予支持，没有写金额、比例或办法"
        return Fate.SUPPORT, ""
    if start in supports.stacking_sentences:
        return Fate.SUPPORT, "叠加与限额"
    if clause is None:
        if index in outline.closing or index >= outline.first:
            if "｜" in words and re.search(r"\d", words):
                return Fate.PERSON, "附件表格里的数，没有归到哪一条"
            return Fate.BACKGROUND, "结尾或导语"
        return Fate.BACKGROUND, "引言"
    if _DEFINITION.search(words):
        return Fate.DEFINITION, ""
    opening = cleaned.shadow[clause.clause.body_start : clause.clause.body_start + 80]
    if any(_SCOPE.search(each) for each in chain) or _LISTED.search(opening):
        return Fate.DEFINITION, "对象与条件"
    if _FORCE.search(words):
        return Fate.BACKGROUND, "施行与解释"
    if _VAGUE.search(words):
        return Fate.PERSON, "写了给予支持，没有写金额、比例或办法"
    if any(_BACKDROP.search(each) for each in chain) and len(words) >= 4:
        return Fate.BACKGROUND, "总的要求"
    if _DUTY.search(words):
        return Fate.DUTY, ""
    return Fate.PERSON, "看不出是职责、目标还是说明"


def cover(text: str, found: tuple[Sentence, ...]) -> Coverage:
    """Characters that are no blanks: all, in sentences, and in sentences left to a person."""

    def count(start: int, end: int) -> int:
        return len("".join(text[start:end].split()))

    total = count(0, len(text))
    inside = sum(count(s.start, s.end) for s in found)
    left = [s for s in found if s.fate is Fate.PERSON]
    return Coverage(total, inside, sum(count(s.start, s.end) for s in left), len(found), len(left))


_CONTRACT = re.compile(r"甲方|乙方")
_OFFICIAL = re.compile(
    r"支持|鼓励|推进|推动|加强|建立|给予|应当|不得|负责|实施|落实|完善|开展|组织|申报|奖励|补助|引导|促进|提升|优化|企业|全市|全省|部门"
)


def is_policy(
    cleaned: Cleaned, outline: Outline, clauses: tuple[ClauseText, ...], document: Document
) -> bool:
    """Whether the paper reads like a policy: official number or title, and measures in official words."""
    text = cleaned.shadow
    if len(text) < 20:
        return False
    density = len(_OFFICIAL.findall(text)) * 1000 / max(len(text), 200)
    official = density >= 6
    if len(_CONTRACT.findall(text)) >= 4 and document.number is None:
        return False
    titled = bool(_GENRE.search(document.title[-14:])) and len(document.title) >= 6
    score = 0
    score += 3 if document.number and re.search(r"号$", document.number) else 0
    score += 2 if titled else 0
    score += 1 if document.issuer else 0
    score += 2 if official else 0
    score += min(len(clauses), 3) if official else 0
    score += 1 if any(c.clause.units for c in clauses) else 0
    return score >= 4 and density >= 2

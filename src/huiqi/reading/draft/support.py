"""One read support -> draft supports: table, conditions, amount, limits, open points."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from huiqi.reading.draft.evidence import Finder
from huiqi.reading.draft.money import base_facts, plan
from huiqi.reading.draft.parts import MOST, Part, parts_of
from huiqi.reading.draft.passage import plain
from huiqi.reading.draft.rules import OF_KIND, conditions
from huiqi.reading.draft.tables import Choice, Seen, choose, has_manner, see
from huiqi.reading.draft.values import Built, DraftSupport, Open
from huiqi.reading.values import Reading
from huiqi.rulebook.library.policy import Stacking, Times

KINDS: Mapping[str, str] = {
    "voucher": "创新券",
    "tax_relief": "税收优惠",
    "fee_relief": "费用减免",
    "loan_limit": "贷款额度",
    "risk_compensation": "风险补偿",
    "procurement_preference": "采购优惠",
    "rate_subsidy": "补助",
}
_AWARD = re.compile(r"奖励|奖金|奖补|给予[^,;。]{0,20}奖")
_GRANT = re.compile(r"补助|补贴|资助|贴息|经费|补差|补偿")
_AGAIN = re.compile(r"再(?:给予|扶持|增加|奖励|补助|支持)|另(?:外|行)|额外")
_SHARE = re.compile(r"返投比例|出资比例|资金总量|支持比例|倾斜比例|份额")


@dataclass
class Names:
    """Names given so far in a policy, so that no two supports share a file."""

    taken: dict[str, int] = field(default_factory=dict)

    def fresh(self, name: str) -> str:
        count = self.taken.get(name, 0) + 1
        self.taken[name] = count
        return name if count == 1 else self.fresh(f"{name}之{count}")


def drafts_of(
    reading: Reading,
    index: int,
    finder: Finder,
    clause: str,
    region: str,
    names: Names,
    before: DraftSupport | None,
) -> tuple[DraftSupport, ...]:
    """The drafts of one read support. ``before`` is the last draft of the same clause (for 其)."""
    out = []
    for part in parts_of(reading, index, finder):
        made = _draft(finder, part, clause, region, names, before)
        out.append(made)
        before = made
    return tuple(out)


def _draft(
    finder: Finder,
    part: Part,
    clause: str,
    region: str,
    names: Names,
    before: DraftSupport | None,
) -> DraftSupport:
    numbers = finder.numbers(part.text, part.thresholds)
    seen = see(finder, part.text, numbers, base_facts(finder, part))
    chosen = choose(finder, seen)
    inherited: tuple[Built, ...] = ()
    if before is not None and re.match(r"(?:对)?其(?!中|他|它)", part.text):
        chosen = Choice(before.table, chosen.score, chosen.others)
        inherited = tuple(one for one in before.conditions if "推定" not in one.note)
    elif before is not None and _elliptic(finder, seen, before):
        chosen = Choice(before.table, chosen.score, chosen.others)
        inherited = tuple(one for one in before.conditions if one.note == OF_KIND)
    table = chosen.table
    planned = plan(finder, part, seen, table)
    graded: list[tuple[int, int]] = []
    if planned.money.tiers or planned.money.grades:
        graded = [(group.start, group.end) for group in seen.groups]
        graded += [(figure.start, figure.bound_end) for figure in part.thresholds]
    built, open_ = conditions(finder, part, seen, table, region, inherited, graded)
    kind, form = _kind(part, planned.money.rate != "")
    way, stack_note = _stacking(part)
    points = [*open_, *planned.open, *_general(part, chosen, seen)]
    start, end = part.passage.span(0, len(part.text))
    name = names.fresh(_name(seen, part, kind))
    return DraftSupport(
        id=name,
        name=name,
        clause=clause,
        kind=kind,
        form=form,
        table=table,
        beneficiary=_beneficiary(finder, table),
        conditions=built,
        money=planned.money,
        times=_times(finder, part, seen, table, planned.money.amount != ""),
        stacking=way,
        group=f"条款{clause}" if way else "",
        stacking_note=stack_note,
        stacking_yearly=False,
        again=_AGAIN.search(part.text) is not None,
        fund=part.source.payer or "",
        until=_until(part.text),
        open=tuple(dict.fromkeys(points)),
        start=start,
        end=end,
    )


def _elliptic(finder: Finder, seen: Seen, before: DraftSupport) -> bool:
    """重新通过认定的，奖励…: recognised anew as what the sentence before named."""
    return (
        bool(seen.manners)
        and not seen.values
        and has_manner(finder.vocabulary.tables[before.table])
    )


def _general(part: Part, chosen: Choice, seen: Seen) -> list[Open]:
    """Points that every reviewer of a draft asks about."""
    out = []
    if part.source.end - part.source.start > MOST:
        out.append(Open("", f"这一项文字过长，只看了前{MOST}字"))
    if not chosen.score:
        out.append(Open("", f"对象没有认出，先写成“{chosen.table}”"))
    elif not chosen.clear:
        others = "、".join(name for name, score in chosen.others if score > 0)
        also = f"，也可能是{others}" if others else ""
        out.append(Open("", f"对象按用语推定为“{chosen.table}”{also}"))
    if part.source.stacking is None:
        out.append(Open("", "文中没有写能否与其他奖补叠加"))
    if part.source.payer is None:
        out.append(Open("", "文中没有写资金来源"))
    if part.source.period is None and not _until(part.text):
        out.append(Open("", "文中没有写期限和次数"))
    for words in part.source.instalments:
        out.append(Open(words, "分期兑付，规则只写总额"))
    return out


def _kind(part: Part, rated: bool) -> tuple[str, str]:
    """类型 and, where it is not the default, 兑现."""
    text = part.text
    kind = KINDS.get(part.source.kind, "")
    share = _SHARE.search(text) is not None and (part.rates or part.worded_rates)
    if share and kind != "创新券":
        return "资金份额", ""
    if share:
        return kind, "份额"
    if kind == "税收优惠":
        return kind, "加计扣除" if "加计扣除" in text or "列入经营成本" in text else ""
    if kind == "补助" or kind == "" and part.has_figures:
        if _AWARD.search(text) and not rated:
            return "奖励", ""
        if _GRANT.search(text) or part.source.kind == "rate_subsidy":
            return "补助", ""
        return ("奖励", "") if part.amounts else ("便利", "份额" if part.rates else "")
    if kind:
        return kind, ""
    if re.search(r"给予[^,;。]{0,12}(?:奖励|补助|补贴|资金|激励)", text):
        return ("奖励" if _AWARD.search(text) or "激励" in text else "补助"), ""
    if re.search(r"采购", text) and re.search(r"首购|预留|优先|比例", text):
        return "采购优惠", ""
    return "便利", ""


def _stacking(part: Part) -> tuple[str, str]:
    """方式 (empty: nothing that limits) and the words."""
    words = part.source.stacking or ""
    if re.search(r"就高|从高|择高|按最高", words):
        return str(Stacking.HIGHEST), words
    if re.search(r"补差|差额", words):
        return str(Stacking.DIFFERENCE), words
    if re.search(r"不重复|不得重复|不再重复|不可|不得叠加|择一|只能|仅", words):
        return str(Stacking.EITHER), words
    return "", words


def _times(finder: Finder, part: Part, seen: Seen, table: str, fixed: bool) -> str:
    """次数: once for a subject that gets a fixed sum, each year where the text says so."""
    made = finder.vocabulary.tables[table]
    text = part.text
    if not made.is_event:
        return str(Times.ONCE) if fixed else str(Times.EACH)
    if "每年一行" in made.note and (part.rates or part.worded_rates):
        return str(Times.YEARLY)
    here = any(word in text for word in finder.lexicon.first_here)
    if here or "创新券" in text or (seen.events and table == "迁入"):
        return str(Times.ONCE)
    return str(Times.EACH)


_UNTIL = re.compile(
    r"(?:^|[,;。])(?:有效期|执行|实施)?(?:到|至|截至|截止到?)(?P<y>20\d\d)年(?:底|末|年底|年末|12月31日)?(?=[,;。]|$)"
)


def _until(text: str) -> str:
    """The last day that the text gives for this support."""
    found = _UNTIL.search(text)
    return f"{found['y']}-12-31" if found else ""


def _beneficiary(finder: Finder, table: str) -> str:
    """受益 where the owner is no person or body: the body that runs or hosts it."""
    tables = finder.vocabulary.tables
    owner = tables[tables[table].owner or table]
    if owner.key_format != "编号" or not tables[table].is_event:
        return ""
    bodies = [
        link
        for link, target in owner.links.items()
        if tables[target].key_format == "信用代码" and link in ("运营单位", "依托单位")
    ]
    return bodies[0] if bodies else ""


_PLAIN_NAME = re.compile(r"[^\u4e00-\u9fffA-Za-z0-9]")


def _name(seen: Seen, part: Part, kind: str) -> str:
    """A name in our words: level, title, how recognised, kind."""
    pieces: list[str] = []
    levels = list(dict.fromkeys(hit.level for group in seen.groups for hit in group.levels))
    values = [hit for hit in seen.values if not hit.negated]
    manner = seen.manners[0].means if seen.manners else ""
    if len(levels) == 1:
        pieces.append(levels[0])
    if values:
        pieces.append(values[0].options[0][1])
        if len(values) > 1:
            pieces.append("等")
    elif seen.facts:
        pieces.append(seen.facts[0].item.spec.name)
    elif seen.events:
        pieces.append(seen.events[0].means)
    else:
        pieces.append(_who(part))
    pieces += [manner, kind]
    return _PLAIN_NAME.sub("", "".join(pieces))[:40] or kind


def _who(part: Part) -> str:
    """The last words of the beneficiary, for a name."""
    who = re.split(r"[,;。、(]", plain(part.source.beneficiary or ""))[0]
    return re.sub(r"^.*?的(?=.{3,})", "", who)[-10:]


def together(supports: Sequence[DraftSupport]) -> tuple[DraftSupport, ...]:
    """Supports of one clause that cannot be meant side by side, though the text does not say so.

    Several limits of one loan are graded by who asks, so the highest holds; a share of the same base
    (一笔研发费用) is taken once. Both are said to be presumed.
    """
    out = []
    for support in supports:
        siblings = [
            other
            for other in supports
            if other is not support
            and other.clause == support.clause
            and other.table == support.table
            and not other.stacking
        ]
        if support.stacking or not siblings:
            out.append(support)
        elif support.kind == "贷款额度" and not support.again:
            rivals = [other for other in siblings if other.kind == support.kind and not other.again]
            out.append(_presumed(support, Stacking.HIGHEST, False) if rivals else support)
        elif support.form == "加计扣除" and any(
            other.money.base == support.money.base and other.kind == support.kind
            for other in siblings
        ):
            out.append(_presumed(support, Stacking.EITHER, support.times == Times.YEARLY))
        else:
            out.append(support)
    return tuple(out)


def _presumed(support: DraftSupport, way: Stacking, yearly: bool) -> DraftSupport:
    reason = "同一条里几档针对同一事项，叠加方式先这样推定，请核对"
    return replace(
        support,
        stacking=str(way),
        group=f"条款{support.clause}{support.kind}",
        stacking_yearly=yearly,
        open=(*(o for o in support.open if "叠加" not in o.reason), Open(str(way), reason)),
    )

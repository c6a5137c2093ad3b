"""What supports and documents leave open: until when, whose money, what with other awards."""

from collections.abc import Iterator, Sequence

from huiqi.reading.review.align import Passage, at
from huiqi.reading.review.findings import Evidence, Finding, Kind, Severity, Source, finding
from huiqi.reading.values import Reading
from huiqi.reading.values import Support as Said
from huiqi.rulebook.library.policy import Form, Policy, Support

UNWRITTEN = ("", "未写明")
_PAYS = (Form.PAYMENT, Form.VOUCHER)
_AWARDS = ("奖励", "补助", "风险补偿", "创新券")


def check_unsaid(policy: Policy) -> Iterator[Finding]:
    """Open points of the rules; needs no text. The period is one finding for the whole document."""
    endless = [
        item for item in policy.supports if item.end is None and item.form is not Form.FAVOUR
    ]
    if endless:
        yield finding(
            Kind.PERIOD,
            f"没有写到什么时候为止：{len(endless)} 项支持一直有效",
            "给文件或者支持写明有效期；原文没有写的，在“解释”里写明怎么掌握",
            *(
                Evidence(Source.RULE, item.name, f"{item.file}:{item.mark.line}")
                for item in endless
            ),
            support="、".join(item.id for item in endless),
            severity=Severity.WARNING,
        )
    for item in policy.supports:
        place = f"{item.file}:{item.mark.line}"
        if not item.fund or (item.fund in UNWRITTEN and _pays(item)):
            yield finding(
                Kind.PAYER,
                f"“{item.name}”没有写明谁出钱",
                "在“资金”里写明；确实没有规定的，报印发机关明确",
                Evidence(Source.RULE, f"资金: {item.fund or '（没有写）'}", place),
                clause=item.clause,
                support=item.id,
                key=item.id,
                severity=Severity.WARNING,
            )
        if _pays(item) and not item.group and not item.stacking_note and not item.limited:
            yield finding(
                Kind.STACKING,
                f"“{item.name}”没有说与其他支持能不能同时享受",
                "在“叠加”里写明；原文没有写的，在“解释”里写明怎么掌握",
                Evidence(Source.RULE, item.name, place),
                clause=item.clause,
                support=item.id,
                key=item.id,
                severity=Severity.WARNING,
            )


def _pays(support: Support) -> bool:
    return support.form in _PAYS and support.kind in _AWARDS


def check_said(
    policy: Policy | None, reading: Reading, passages: Sequence[Passage]
) -> Iterator[Finding]:
    """Payer and stacking words of the text that the rules do not have; without rules, what is missing."""
    if policy is None:
        yield from _missing(reading, passages)
        return
    for said in reading.supports:
        passage = at(passages, said.start)
        if passage is None or passage.policy is None or not said.has_figures:
            continue
        here = [item for item in policy.supports if item.clause == passage.policy.id]
        if said.payer and here and all(item.fund in UNWRITTEN for item in here):
            yield _said(Kind.PAYER, f"文本写有出资方“{said.payer}”，规则没有写", said, passage)
        silent = all(not (i.group or i.stacking_note or i.limited) for i in here)
        if said.stacking and here and silent:
            yield _said(Kind.STACKING, f"文本写有“{said.stacking}”，规则没有写叠加", said, passage)


def _said(kind: Kind, message: str, said: Said, passage: Passage) -> Finding:
    return finding(
        kind,
        message,
        "按文本补进规则",
        Evidence(Source.TEXT, said.quote, start=said.start, end=said.end),
        clause=passage.id,
        key="文本",
        severity=Severity.WARNING,
    )


def _missing(reading: Reading, passages: Sequence[Passage]) -> Iterator[Finding]:
    paying = [
        said
        for said in reading.supports
        if said.has_figures and said.kind not in ("loan_limit", "tax_relief", "fee_relief", "other")
    ]
    dated = reading.document.in_force_until or reading.document.in_force_span
    if paying and not dated:
        yield finding(
            Kind.PERIOD,
            "没有写有效期",
            "写明施行日期和有效期",
            *(Evidence(Source.TEXT, said.quote, "", said.start, said.end) for said in paying),
            severity=Severity.WARNING,
        )
    for said in paying:
        passage = at(passages, said.start)
        clause = passage.id if passage is not None else ""
        words = Evidence(Source.TEXT, said.quote, start=said.start, end=said.end)
        for kind, told, message, remedy in (
            (Kind.PAYER, said.payer, "没有写明谁出钱", "写明由哪一级财政、哪项资金支付"),
            (
                Kind.STACKING,
                said.stacking,
                "没有说与其他支持能不能同时享受",
                "写明可叠加、就高还是择一",
            ),
        ):
            if not told:
                yield finding(
                    kind, message, remedy, words, clause=clause, severity=Severity.WARNING
                )

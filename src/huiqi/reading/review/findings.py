"""What a review finds, as frozen values with an id that stays the same from run to run."""

from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from huiqi.reading.folding import fold
from huiqi.reading.review import standards as law
from huiqi.reading.review.standards import EXEMPTIONS, Standard
from huiqi.rulebook.problems import Severity

__all__ = ["Decision", "Evidence", "Finding", "Kind", "Severity", "Source", "finding", "merged"]


class Source(StrEnum):
    """Whether the evidence stands in the policy folder or in the printed text."""

    RULE = "规则"
    TEXT = "文本"


class Kind(StrEnum):
    """What is wrong or open; the first word of a finding's id."""

    # The rules against the text.
    BOUNDARY = "界线"
    AMOUNT = "金额"
    RATE = "比例"
    THRESHOLD = "门槛"
    TARGET = "目标"
    CLAUSE = "条款"
    UNIT = "单位"
    DATE = "日期"
    IDENTITY = "文件信息"
    CITED = "依据文件"
    # What a support or document leaves open.
    PERIOD = "期限未写"
    PAYER = "资金未写"
    STACKING = "叠加未写"
    # Documents relied on.
    EXPIRED = "文件失效"
    UNKNOWN_DOCUMENT = "效力不明"
    # Fair competition.
    MOVE_IN = "迁入奖励"
    MOVE_OUT = "限制迁出"
    BRANCH = "设立机构"
    LOCAL_REGISTRATION = "本地注册"
    LOCAL_SHARE = "本地份额"
    RETURN_INVESTMENT = "返投要求"
    BUY_LOCAL = "购买本地"
    LOCAL_FAVOUR = "优待本地"
    SUPPLIER = "指定经营者"
    TAX_LINK = "与纳税挂钩"
    TAX_RELIEF = "税收优惠依据"
    OWNER = "所有制差别"
    EXCLUSIVE = "排他资格"


FAIR = (
    Kind.MOVE_IN,
    Kind.MOVE_OUT,
    Kind.BRANCH,
    Kind.LOCAL_REGISTRATION,
    Kind.LOCAL_SHARE,
    Kind.RETURN_INVESTMENT,
    Kind.BUY_LOCAL,
    Kind.LOCAL_FAVOUR,
    Kind.SUPPLIER,
    Kind.TAX_LINK,
    Kind.TAX_RELIEF,
    Kind.OWNER,
    Kind.EXCLUSIVE,
)
"""The kinds of the fair-competition review."""

FAIR_OPTIONS = ("删除", "修改", "符合例外规定并说明", "设定期限", "保留待报")
PLAIN_OPTIONS = ("改规则", "改文本", "核对无误", "保留待报")

STANDARDS: dict[Kind, tuple[Standard, ...]] = {
    Kind.BOUNDARY: (law.BOUNDARY,),
    Kind.PERIOD: (law.PERIOD,),
    Kind.MOVE_IN: (law.GRANTS, law.CONDITIONS, law.OLD_COST),
    Kind.MOVE_OUT: (law.LEAVING, law.OLD_FLOW),
    Kind.BRANCH: (law.BRANCH, law.OLD_FLOW),
    Kind.LOCAL_REGISTRATION: (law.TREATMENT, law.CONDITIONS),
    Kind.LOCAL_SHARE: (law.UNEQUAL, law.GRANTS, law.OLD_FLOW),
    Kind.RETURN_INVESTMENT: (law.FUNDS, law.UNEQUAL),
    Kind.BUY_LOCAL: (law.DESIGNATED, law.UNEQUAL, law.BIDDING, law.OLD_FLOW),
    Kind.LOCAL_FAVOUR: (law.TREATMENT, law.UNEQUAL, law.OLD_FLOW),
    Kind.SUPPLIER: (law.DESIGNATED, law.OLD_ENTRY),
    Kind.TAX_LINK: (law.GRANTS, law.CONDITIONS, law.OLD_COST),
    Kind.TAX_RELIEF: (law.TAX_FAVOUR, law.TAX_LAW),
    Kind.OWNER: (law.GRANTS, law.CONDITIONS, law.OLD_COST),
    Kind.EXCLUSIVE: (law.ENTRY, law.BIDDING, law.OLD_ENTRY),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that show it. Text: offsets into `Reading.text`. Rules: `place` is file:line."""

    source: Source
    words: str
    place: str = ""
    start: int = -1
    end: int = -1

    @property
    def digest(self) -> str:
        """Eight characters that change when the words change, whatever the punctuation's width."""
        plain = "".join(fold(self.words).split())
        return f"{self.source}:{sha256(plain.encode()).hexdigest()[:8]}"

    def as_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {"source": str(self.source), "words": self.words}
        if self.place:
            out["place"] = self.place
        if self.start >= 0:
            out |= {"start": self.start, "end": self.end}
        return out


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about one finding; `basis` are the digests it was decided on."""

    finding: str
    decision: str
    reason: str
    by: str
    on: str
    basis: tuple[str, ...] = ()

    @property
    def sources(self) -> frozenset[str]:
        return frozenset(digest.partition(":")[0] for digest in self.basis)

    def as_dict(self) -> dict[str, Any]:
        return {
            "finding": self.finding,
            "decision": self.decision,
            "reason": self.reason,
            "by": self.by,
            "on": self.on,
            "basis": list(self.basis),
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a reviewer must look at.

    `clause` is the id of the policy's clause (of the text's where no policy is given), empty for the
    whole document; `support` the support's id. `decision` is what was kept; `stale` says that the
    words have changed since.
    """

    id: str
    kind: Kind
    severity: Severity
    clause: str
    support: str
    message: str
    evidence: tuple[Evidence, ...]
    standards: tuple[Standard, ...]
    options: tuple[str, ...]
    exemptions: tuple[str, ...]
    remedy: str
    decision: Decision | None = None
    stale: bool = False

    @property
    def fair(self) -> bool:
        return self.kind in FAIR

    @property
    def open(self) -> bool:
        """Whether a person still has to decide."""
        return self.decision is None or self.stale

    @property
    def digests(self) -> tuple[str, ...]:
        return tuple(sorted({item.digest for item in self.evidence}))

    def with_decision(self, decision: Decision | None) -> "Finding":
        """The finding with what was decided.

        A decision holds while, for each source it was taken on, nothing new has appeared; evidence
        of a source that nobody had at hand then (no text was given) does not unsettle it.
        """
        if decision is None:
            return replace(self, decision=None, stale=False)
        seen = {item for item in self.digests if item.partition(":")[0] in decision.sources}
        return replace(self, decision=decision, stale=not seen <= set(decision.basis))

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": str(self.kind),
            "severity": str(self.severity),
            "fair_competition": self.fair,
            "clause": self.clause,
            "support": self.support,
            "message": self.message,
            "evidence": [item.as_dict() for item in self.evidence],
            "standards": [item.as_dict() for item in self.standards],
            "options": list(self.options),
            "exemptions": list(self.exemptions),
            "remedy": self.remedy,
            "open": self.open,
            "decision": self.decision.as_dict() if self.decision else None,
            "stale": self.stale,
        }


def finding(
    kind: Kind,
    message: str,
    remedy: str,
    *evidence: Evidence,
    clause: str = "",
    support: str = "",
    key: str = "",
    severity: Severity = Severity.ERROR,
) -> Finding:
    """A finding with the id `kind-clause-key`; the key tells apart what one clause may have twice."""
    fair = kind in FAIR
    return Finding(
        "-".join(part.replace(" ", "") for part in (kind, clause or "全文", key) if part),
        kind,
        severity,
        clause,
        support,
        message,
        tuple(evidence),
        STANDARDS.get(kind, ()),
        FAIR_OPTIONS if fair else PLAIN_OPTIONS,
        EXEMPTIONS if fair else (),
        remedy,
    )


def merged(findings: list[Finding]) -> tuple[Finding, ...]:
    """One finding per id, with all evidence and the graver severity; first met, first listed."""
    out: dict[str, Finding] = {}
    for item in findings:
        known = out.get(item.id)
        if known is None:
            out[item.id] = item
            continue
        supports = [
            name for name in (*known.support.split("、"), *item.support.split("、")) if name
        ]
        graver = Severity.ERROR in (known.severity, item.severity)
        out[item.id] = replace(
            known,
            severity=Severity.ERROR if graver else Severity.WARNING,
            support="、".join(dict.fromkeys(supports)),
            evidence=tuple(dict.fromkeys((*known.evidence, *item.evidence))),
        )
    return tuple(out.values())

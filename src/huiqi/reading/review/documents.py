"""How far the documents that a policy relies on are still good, from a small reference file.

`policies/reference/documents.yaml` is a list; each entry is a document whose force somebody checked:

```yaml
- 名称: 保障中小企业款项支付条例
  文号: 国令第728号
  止: 2025-05-31            # last day in force; omitted where none is known
  被取代: {名称: …, 文号: …, 起: 2025-06-01}
  依据: where this is written
  核对: 2026-11-22          # the day a person looked
```

A document that is not in the file is unknown, and said to be unknown.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from huiqi.reading.folding import fold
from huiqi.reading.review.align import plain
from huiqi.reading.review.findings import Evidence, Finding, Kind, Severity, Source, finding
from huiqi.reading.values import Reading
from huiqi.rulebook.language.literals import LiteralError, read_date
from huiqi.rulebook.language.source import Items, Reader, read_yaml
from huiqi.rulebook.library.policy import Policy
from huiqi.rulebook.problems import Problem

FILE = "reference/documents.yaml"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one document's force. `until` is the last day in force, None: none known."""

    title: str
    number: str
    until: date | None
    replaced_by: str
    replaced_on: date | None
    source: str
    checked: date | None


@dataclass(frozen=True, slots=True)
class Documents:
    """The known documents; looked up by number, else by title."""

    known: tuple[Standing, ...] = ()

    def find(self, title: str, number: str) -> Standing | None:
        """The entry of a document; a number that differs means another document."""
        wanted = _number(number)
        for item in self.known:
            if wanted and _number(item.number) == wanted:
                return item
        for item in self.known:
            same = _title(item.title) == _title(title)
            if same and not (wanted and item.number and _number(item.number) != wanted):
                return item
        return None


def load_documents(folder: Path) -> tuple[Documents, list[Problem]]:
    """Read the reference file below a policies folder; a folder without one knows no document."""
    path = folder / FILE
    if not path.is_file():
        return Documents(), []
    node, problems = read_yaml(path, FILE)
    if not isinstance(node, Items):
        if node is not None:
            problems.append(node.mark.problem("not-a-list", "文件应写成列表", "每项以“- ”开头"))
        return Documents(), problems
    known = []
    for item in node.items:
        reader = Reader(item, problems, "文件")
        replaced = reader.mapping("被取代")
        title, on = "", None
        if replaced is not None:
            name, number = replaced.text("名称", required=True), replaced.text("文号")
            title, on = f"《{name}》" + (f"（{number}）" if number else ""), _date(replaced, "起")
            replaced.finish()
        known.append(
            Standing(
                title=reader.text("名称", required=True),
                number=reader.text("文号"),
                until=_date(reader, "止"),
                replaced_by=title,
                replaced_on=on,
                source=reader.text("依据", required=True),
                checked=_date(reader, "核对", required=True),
            )
        )
        reader.text("说明")
        reader.finish()
    return Documents(tuple(known)), problems


def _date(reader: Reader, key: str, required: bool = False) -> date | None:
    scalar = reader.scalar(key, required)
    if scalar is None:
        return None
    try:
        return read_date(scalar.text.strip())
    except LiteralError as error:
        reader.problems.append(
            scalar.mark.problem("bad-date", str(error), "写成如 2026-03-05", scalar.text)
        )
        return None


@dataclass(frozen=True, slots=True)
class _Relied:
    title: str
    number: str
    evidence: Evidence


def check_documents(
    policy: Policy | None, reading: Reading | None, documents: Documents, on: date | None
) -> Iterator[Finding]:
    """Documents relied on that have lapsed or been replaced by `on`, and those nobody checked."""
    unknown: list[_Relied] = []
    for relied in _relied(policy, reading):
        standing = documents.find(relied.title, relied.number)
        name = f"《{relied.title}》" + (f"（{relied.number}）" if relied.number else "")
        key = relied.number or relied.title[:20]
        ended = _ended(standing, on)
        year = _own_year(relied.title)
        if standing is not None and ended:
            yield finding(
                Kind.EXPIRED,
                f"依据或者引用的{name}{ended}（{standing.source}）",
                "改引现行文件，或者说明为什么仍可作依据",
                relied.evidence,
                key=key,
            )
        elif standing is None and year is not None and on is not None and on.year > year:
            yield finding(
                Kind.EXPIRED,
                f"依据或者引用的{name}从名称看只管到{year}年，没有登记它现在的效力",
                "查明是否仍有效，登记到 reference/documents.yaml",
                relied.evidence,
                key=key,
                severity=Severity.WARNING,
            )
        elif standing is None:
            unknown.append(relied)
    if unknown:
        names = "、".join(f"《{item.title}》" for item in unknown)
        yield finding(
            Kind.UNKNOWN_DOCUMENT,
            f"下列文件的效力没有登记，不能当作有效：{names}",
            "查明后登记到 reference/documents.yaml",
            *(item.evidence for item in unknown),
            severity=Severity.WARNING,
        )


def _ended(standing: Standing | None, on: date | None) -> str:
    """How a document ended by a day, in words; empty while it is good. No day: only what is past."""
    if standing is None:
        return ""
    if standing.replaced_by and (standing.replaced_on is None or _past(standing.replaced_on, on)):
        day = f"自{standing.replaced_on.isoformat()}起" if standing.replaced_on else ""
        return f"已{day}被{standing.replaced_by}取代"
    if standing.until is not None and on is not None and standing.until < on:
        return f"已于{standing.until.isoformat()}失效"
    return ""


def _past(day: date, on: date | None) -> bool:
    return on is None or day <= on


def _relied(policy: Policy | None, reading: Reading | None) -> Iterable[_Relied]:
    seen: set[str] = set()
    if policy is not None:
        for title, number in policy.based_on:
            seen.add(_title(title))
            place = f"{policy.id}/policy.yaml"
            kept = Evidence(Source.RULE, f"{title} {number}".strip(), place)
            yield _Relied(title, number, kept)
    if reading is not None:
        cited = (*reading.document.based_on, *reading.document.cited)
        own = plain(reading.document.title)
        for item in cited:
            title = _title(item.title)
            if title in seen or title in own:
                continue
            seen.add(title)
            words = Evidence(
                Source.TEXT, reading.text[item.start : item.end], start=item.start, end=item.end
            )
            yield _Relied(item.title, item.number or "", words)


def _own_year(title: str) -> int | None:
    """The last year that a plan of a named year is for (吕梁市2022年…行动方案); None for others."""
    found = re.findall(r"(20\d\d)(?=年)", fold(title))
    planned = re.search(r"计划|方案|要点|任务|清单", title)
    edition = re.search(r"20\d\d年(?:版|修订|本)", fold(title))
    return int(found[-1]) if found and planned and not edition else None


def _number(text: str) -> str:
    return re.sub(r"[\s\[\]()]", "", fold(text))


def _title(text: str) -> str:
    return plain(text).replace("中华人民共和国", "")

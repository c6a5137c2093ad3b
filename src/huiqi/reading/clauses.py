"""Clauses with heading, units and lead, from the outline."""

import re
from dataclasses import dataclass, replace

from huiqi.reading.clean import Cleaned
from huiqi.reading.outline import Node, Outline, chain, printed_number
from huiqi.reading.units import Found, find_units, lead_first_stated
from huiqi.reading.values import Clause, Unit


@dataclass(frozen=True, slots=True)
class ClauseText:
    """A clause with its paragraphs (start, end of the text after number and heading) and its units'
    places, for the readers of targets and supports."""

    clause: Clause
    node: Node
    spans: tuple[tuple[int, int], ...]
    unit_spans: tuple[tuple[int, int], ...]


def read_clauses(cleaned: Cleaned, outline: Outline) -> tuple[ClauseText, ...]:
    """Every clause in order."""
    out: list[ClauseText] = []
    lead_rule = False
    for node in outline.clauses:
        indices = _indices(node, outline)
        spans = []
        found: list[Found] = []
        for index in indices:
            paragraph = cleaned.paragraphs[index]
            start = _text_start(node, index, paragraph.start)
            spans.append((start, paragraph.end))
            # A list of units may stand right behind a heading of its own line.
            begin = paragraph.start if index == node.paragraph else start
            found.extend(find_units(cleaned.shadow, cleaned.text, begin, paragraph.end))
        if not any(f.units for f in found):
            found.extend(_across(cleaned, spans))
        units = _merge([unit for f in found for unit in f.units])
        lead, joint = _leads(units)
        if any(lead_first_stated(cleaned.shadow[f.start : f.end]) for f in found):
            lead_rule = True
        if lead_rule and units and lead is None and not joint:
            lead = units[0].name
            units = (replace(units[0], role="牵头"), *units[1:])
        due = next((f.due for f in found if f.due), None)
        heading = None
        if node.heading is not None:
            heading = cleaned.text[slice(*node.heading)].strip(" 　:：") or None
            if heading is not None:
                heading = _without_units(heading, found, node)
        clause = Clause(
            number=printed_number(node, cleaned),
            label=cleaned.text[node.start : node.start + (node.label.length if node.label else 0)],
            section=chain(node, cleaned),
            heading=heading,
            start=node.start,
            end=node.end,
            body_start=node.body,
            units=units,
            lead=lead,
            joint_leads=joint,
            due=due,
        )
        out.append(ClauseText(clause, node, tuple(spans), tuple((f.start, f.end) for f in found)))
    return tuple(out)


def _indices(node: Node, outline: Outline) -> list[int]:
    own = [i for i in node.paragraphs if i not in outline.closing and i not in outline.contents]
    for child in node.children:
        own.extend(_indices(child, outline))
    return sorted(own)


def _text_start(node: Node, index: int, paragraph_start: int) -> int:
    if index == node.paragraph:
        return node.body
    for child in _descendants(node):
        if child.paragraph == index:
            return child.start + (child.label.length if child.label else 0)
    return paragraph_start


def _descendants(node: Node) -> list[Node]:
    out = []
    for child in node.children:
        out.append(child)
        out.extend(_descendants(child))
    return out


def _across(cleaned: Cleaned, spans: list[tuple[int, int]]) -> list[Found]:
    """A list of units that a page end left in two paragraphs."""
    if len(spans) < 2:
        return []
    start, end = spans[-2][0], spans[-1][1]
    if end - start > 3000:
        return []
    return [f for f in find_units(cleaned.shadow, cleaned.text, start, end) if f.units]


def _merge(units: list[Unit]) -> tuple[Unit, ...]:
    seen: dict[str, Unit] = {}
    for unit in units:
        if unit.name not in seen:
            seen[unit.name] = unit
    return tuple(seen.values())


def _leads(units: tuple[Unit, ...]) -> tuple[str | None, tuple[str, ...]]:
    leads = tuple(unit.name for unit in units if unit.role == "牵头")
    if len(leads) == 1:
        return leads[0], ()
    return None, leads


def _without_units(heading: str, found: list[Found], node: Node) -> str | None:
    assert node.heading is not None
    for f in found:
        if node.heading[0] < f.start < node.heading[1]:
            return heading[: f.start - node.heading[0]].strip() or None
    return (
        re.sub(r"\s+", "", heading)
        if heading.isascii() is False and " " not in heading
        else heading
    )

"""What an enterprise answers for besides itself: carriers it runs, platforms it hosts.

Which links make somebody a beneficiary is read from the rules: a support on `载体认定` that is paid to
`载体.运营单位` makes the operating enterprise answer for its carriers.
"""

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from huiqi.portal.registry.models import Record
from huiqi.rulebook.library.policy import Library


def links(rules: Library, table: str) -> set[tuple[str, str]]:
    """(subject, link) pairs by which supports on events of other subjects reach a table."""
    tables = rules.vocabulary.tables
    out = set()
    for support in rules.ready:
        if len(support.beneficiary) != 2:
            continue
        owner, link = support.beneficiary
        subject = tables[support.table].links[owner]
        if tables[support.table].owner == owner and tables[subject].links[link] == table:
            out.add((subject, link))
    return out


def held_by(record: Record, rules: Library) -> list[Record]:
    """The subjects a record answers for, in the order of their keys; one query."""
    found = links(rules, record.table)
    if not found:
        return []
    # As text first, because SQLite does not find a Chinese name within JSON; then exactly.
    rows = (
        Record.objects.filter(table__in={subject for subject, _ in found})
        .annotate(text=Cast("values", TextField()))
        .filter(text__contains=record.key)
        .order_by("table", "key")
    )
    return [
        row
        for row in rows
        if any(
            row.table == subject and row.values.get(link) == record.key for subject, link in found
        )
    ]


def in_reach(record: Record, rules: Library) -> Q:
    """The records a subject may speak for, as a condition on records: itself, what it holds, events."""
    pks = [record.pk, *(one.pk for one in held_by(record, rules))]
    return Q(pk__in=pks) | Q(owner__in=pks)

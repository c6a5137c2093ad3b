"""What lists and pages read of a release in force: its document, clauses and supports as rows."""

import re
from datetime import datetime

from huiqi.portal.base import search
from huiqi.portal.policies import indexing
from huiqi.portal.policies.enums import DocumentState
from huiqi.portal.policies.files import plain_number
from huiqi.portal.policies.models import Clause, Document, Release, SupportEntry, joined
from huiqi.rulebook.library.policy import Library, Policy, Support
from huiqi.rulebook.problems import Problem
from huiqi.rulebook.reference.explaining import rule_words

MOST_WORDS = 400


def region_code(library: Library, name: str) -> str:
    """The code of a region that a policy file names; empty where it is unknown."""
    found = library.vocabulary.regions.find(name) if name else None
    return "" if found is None or isinstance(found, Problem) else found.code


def write_rows(release: Release, policy: Policy, library: Library, at: datetime) -> Document:
    """The document, clauses and supports of a release that comes into force."""
    document = _document(release, policy, at)
    _clauses(document, policy)
    _supports(release, policy, library)
    return document


def _document(release: Release, policy: Policy, at: datetime) -> Document:
    """The document of the folder: its own, else one with its number that was imported before."""
    document = Document.objects.filter(slug=policy.id).first()
    if document is None and policy.number:
        plain = plain_number(policy.number)
        known = Document.objects.filter(state=DocumentState.CONFIRMED).exclude(number="")
        document = next((row for row in known if plain_number(row.number) == plain), None)
    if document is None:
        document = Document(slug=policy.id, imported_at=at, state=DocumentState.CONFIRMED)
    document.slug = policy.id
    document.number, document.title = policy.number, policy.title
    document.issuers, document.region = list(policy.issuers), release.region
    document.issued_by = joined(document.issuers)
    document.issued_on = policy.issued
    document.save()
    return document


def _clauses(document: Document, policy: Policy) -> None:
    """Names, headings and units come from the folder; words found in the text stay."""
    known = {clause.name: clause for clause in document.clauses.all()}
    made: list[Clause] = []
    changed: list[Clause] = []
    for order, clause in enumerate(policy.clauses):
        row = known.pop(clause.id, None) or Clause(document=document, name=clause.id)
        row.order, row.heading = order, clause.heading
        row.section = " / ".join(clause.section)[:200]
        row.units, row.lead = list(clause.units), clause.lead
        (changed if row.pk else made).append(row)
    gone = [row.pk for row in known.values()]
    search.drop(indexing.CLAUSE, gone)
    Clause.objects.filter(pk__in=gone).delete()
    Clause.objects.bulk_create(made)
    Clause.objects.bulk_update(changed, ["order", "heading", "section", "units", "lead"])


def _supports(release: Release, policy: Policy, library: Library) -> None:
    """Rows keep their id from release to release; those that the release no longer has go."""
    ready = {support.key for support in library.ready}
    known = {row.key: row for row in SupportEntry.objects.filter(release__slug=policy.id)}
    made: list[SupportEntry] = []
    changed: list[SupportEntry] = []
    for support in policy.supports:
        row = known.pop(support.key, None) or SupportEntry(key=support.key)
        _fill(row, release, support, support.key in ready)
        (changed if row.pk else made).append(row)
    forget([row.pk for row in known.values()])
    SupportEntry.objects.bulk_create(made)
    fields = [field.name for field in SupportEntry._meta.fields if field.name not in ("id", "key")]
    SupportEntry.objects.bulk_update(changed, fields)
    indexing.index_supports([*made, *changed])


def forget(keys: list[int]) -> None:
    """Takes supports off the lists."""
    search.drop(indexing.SUPPORT, keys)
    SupportEntry.objects.filter(pk__in=keys).delete()


def _fill(row: SupportEntry, release: Release, support: Support, is_ready: bool) -> None:
    row.release, row.region = release, release.region
    row.name, row.clause = support.name, support.clause
    row.kind, row.form, row.table = support.kind, str(support.form), support.table
    row.beneficiary = support.beneficiary[-1] if support.beneficiary else support.table
    row.amount_text = amount_of(support)[:MOST_WORDS]
    row.summary = "；".join(line.note for line in support.lines[1:] if line.note)[:MOST_WORDS]
    row.units = list(support.units)
    row.starts_on, row.ends_on = support.start, support.end
    row.is_ready = is_ready


def amount_of(support: Support) -> str:
    """How much or what, in the rule's words; facts without the name of their table."""
    if support.amount is None:
        return support.benefit
    tables = {fact.shown.partition(".")[0] for fact in support.facts()}
    named = "|".join(re.escape(table) for table in sorted(tables, key=len, reverse=True))
    return (
        re.sub(rf"(?<!\w)(?:{named})\.", "", rule_words(support)) if named else rule_words(support)
    )

"""Which words find a document, a clause or a support."""

from collections.abc import Iterable

from huiqi.portal.base import search
from huiqi.portal.policies.models import Clause, Document, SupportEntry
from huiqi.reading.draft.lexicon import lexicon

DOCUMENT, CLAUSE, SUPPORT = "policies.document", "policies.clause", "policies.support"


def index(document: Document) -> None:
    """A public document with its clauses."""
    search.put(DOCUMENT, [(document.pk, document_words(document))])
    search.put(CLAUSE, [(row.pk, clause_words(row)) for row in document.clauses.all()])


def index_supports(rows: Iterable[SupportEntry]) -> None:
    """Supports of a release that came into force."""
    search.put(SUPPORT, [(row.pk, support_words(row)) for row in rows])


def document_words(row: Document) -> str:
    return "\n".join([row.number, row.title, *row.issuers, row.text])


def clause_words(row: Clause) -> str:
    return "\n".join([row.heading, row.section, row.text, *row.units])


def support_words(row: SupportEntry) -> str:
    listed = [row.name, row.beneficiary, row.kind, row.form, row.amount_text, row.summary]
    text = "\n".join([*listed, *row.units])
    return "\n".join([text, *sayings(text)])


def sayings(text: str) -> list[str]:
    """Other words for what a text names, by which people look for it: 高企 for 高新技术企业."""
    named = (words for name, words in lexicon().synonyms.items() if name in text)
    return [word for words in named for word in words if word not in text]

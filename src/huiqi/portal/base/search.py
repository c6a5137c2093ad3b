"""Full-text search in Chinese: every character is a token, every word asked for a phrase.

Nothing is cut into words, so that nothing is missed: 专精特新 is found by 精特 as well. SQLite searches
by FTS5, PostgreSQL by a GIN index over the characters and then by the phrase itself.
"""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any
from zlib import crc32

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from huiqi.portal.base.models import SearchText

MOST = 1 << 42
"""Rows of one kind are numbered below this."""
BATCH = 5000
LONGEST = 60
"""Characters of a search that count."""


def put(kind: str, texts: Iterable[tuple[int, str]]) -> None:
    """Makes each ``(row, text)`` findable; a row's earlier text is replaced."""
    base, rows = _base(kind), iter(texts)
    with transaction.atomic(), connection.cursor() as cursor:
        while batch := [(base + ref, spaced(text)) for ref, text in islice(rows, BATCH)]:
            last = dict(batch)  # one statement may touch a row once
            if connection.vendor == "postgresql":
                rows_given = "SELECT * FROM unnest(%s::bigint[], %s::text[])"
                given: list[Any] = [list(last), list(last.values())]
            else:
                # Many rows in one statement: FTS5 writes out what it gathers at the start of each.
                rows_given = (
                    "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') "
                    "FROM json_each(%s) WHERE true"
                )
                given = [json.dumps(list(last.items()), ensure_ascii=False)]
            cursor.execute(
                f"INSERT INTO base_searchtext (id, body) {rows_given} "
                "ON CONFLICT (id) DO UPDATE SET body = excluded.body "
                "WHERE base_searchtext.body <> excluded.body",
                given,
            )


def drop(kind: str, refs: Iterable[int]) -> None:
    """Rows of a kind that are not to be found any more."""
    base, rows = _base(kind), iter(refs)
    with transaction.atomic():
        while batch := [base + ref for ref in islice(rows, 500)]:
            SearchText.objects.filter(pk__in=batch).delete()


def clear(kind: str) -> None:
    """All rows of a kind."""
    base = _base(kind)
    SearchText.objects.filter(pk__gte=base, pk__lt=base + MOST).delete()


def matching(kind: str, words: str) -> RawSQL | QuerySet[SearchText, int]:
    """The rows whose text holds every word of ``words``, as a subquery for ``pk__in=``.

    Words are parted by blanks; signs between characters do not count. Without a word: no row.
    """
    wanted = phrases(words)
    if not wanted:
        return SearchText.objects.none().values_list("id", flat=True)
    base = _base(kind)
    if connection.vendor == "postgresql":
        held = " AND ".join(["(' ' || body || ' ') LIKE %s"] * len(wanted))
        return RawSQL(
            "SELECT id - %s FROM base_searchtext WHERE id >= %s AND id < %s "
            f"AND to_tsvector('simple', body) @@ plainto_tsquery('simple', %s) AND {held}",
            [base, base, base + MOST, " ".join(wanted), *(f"% {phrase} %" for phrase in wanted)],
        )
    return RawSQL(
        "SELECT rowid - %s FROM base_searchindex WHERE base_searchindex MATCH %s "
        "AND rowid >= %s AND rowid < %s",
        [base, " ".join(f'"{phrase}"' for phrase in wanted), base, base + MOST],
    )


def is_frequent(kind: str, words: str, most: int) -> bool:
    """Whether ``most`` rows or more hold the words. PostgreSQL guesses, from its statistics of the
    characters: it would have to gather all rows to count a part of them."""
    found = matching(kind, words)
    if not isinstance(found, RawSQL):
        return False
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            base = _base(kind)
            cursor.execute(
                "EXPLAIN (FORMAT JSON) SELECT id FROM base_searchtext WHERE id >= %s AND id < %s "
                "AND to_tsvector('simple', body) @@ plainto_tsquery('simple', %s)",
                [base, base + MOST, " ".join(phrases(words))],
            )
            plan = cursor.fetchone()[0]
            return int(plan[0]["Plan"]["Plan Rows"]) >= most
        cursor.execute(f"SELECT count(*) FROM ({found.sql} LIMIT {most}) AS found", found.params)
        return int(cursor.fetchone()[0]) >= most


def phrases(words: str) -> Sequence[str]:
    """Each word of a search, its characters apart."""
    return [found for word in words[:LONGEST].split() if (found := spaced(word))]


def spaced(text: str) -> str:
    """The letters, digits and ideographs of a text with blanks between them, as they are indexed."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return " ".join(filter(str.isalnum, plain))


def _base(kind: str) -> int:
    return (crc32(kind.encode()) & 0x1FFFFF) << 42

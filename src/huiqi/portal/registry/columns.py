"""The columns that follow a record's values: what lists, pages and statistics filter and sort by.

One table of what follows which fact, used for single records and for whole frames alike, and held to
the vocabulary by a test.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl
from django.db.models import Field

from huiqi.portal.registry.enums import SizeClass
from huiqi.portal.registry.models import Certificate, Enterprise
from huiqi.rulebook.bulk.compile import Codes, Compiler
from huiqi.rulebook.bulk.snapshot import TYPES, lists_of, trees_of
from huiqi.rulebook.language.literals import days, to_date
from huiqi.rulebook.language.nodes import Choose, Kind
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.library.values import Known
from huiqi.rulebook.library.vocabulary import Table, Vocabulary
from huiqi.rulebook.reference.evaluator import Reference

ENTERPRISE, CERTIFICATE = "企业", "认定"
SIZE = "划型"
SEARCH = "subject"
"""Kind of the names of subjects as full texts, see :mod:`huiqi.portal.base.search`, by record; keys have
an index."""
FOLLOWS: dict[str, dict[str, str]] = {
    ENTERPRISE: {
        "name": "名称",
        "kind": "主体类型",
        "region": "注册地",
        "industry": "行业",
        "founded_on": "成立日期",
        "employees": "从业人员",
        "revenue": "上年营业收入",
        "assets": "资产总额",
        "is_private": "民营企业",
    },
    CERTIFICATE: {"name": "名称", "level": "级别", "won_on": "发证日期", "ends_on": "有效期止"},
}
"""Table -> column -> the fact it follows. The size class is computed, see :func:`size_of`."""

MODELS = {ENTERPRISE: Enterprise, CERTIFICATE: Certificate}
LONGEST_TITLES = 400


def label_fact(table: Table) -> str:
    """The fact that names a record of a table, empty if none does."""
    named = next((spec.name for spec in table.facts.values() if spec.identifier == "name"), "")
    return named or ("名称" if "名称" in table.facts else "")


def _field(table: str, column: str) -> "Field[Any, Any]":
    found = MODELS[table]._meta.get_field(column)
    assert isinstance(found, Field)
    return found


def followed(table: str, values: Mapping[str, Known]) -> dict[str, Any]:
    """The columns of one record as its model takes them."""
    out: dict[str, Any] = {}
    for column, fact in FOLLOWS[table].items():
        value = values.get(fact)
        field = _field(table, column)
        if value is None:
            out[column] = None if field.null else ""
        elif field.get_internal_type() == "DateField":
            out[column] = to_date(int(value))
        elif isinstance(value, str):
            out[column] = value[: field.max_length]
        else:
            out[column] = value
    return out


def followed_frame(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of many records from typed facts (see :func:`encoding.schema`)."""
    out = []
    for column, fact in FOLLOWS[table].items():
        field = _field(table, column)
        made = pl.col(fact) if fact in frame.columns else pl.lit(None)
        match field.get_internal_type():
            case "DateField":
                made = made.cast(pl.Int32).cast(pl.Date)
            case "CharField":
                made = made.cast(pl.String).fill_null("").str.slice(0, field.max_length)
        out.append(made.alias(column))
    return frame.select(out)


def size_of(values: Mapping[str, Known], vocabulary: Vocabulary) -> str:
    """The size class where it is certain, else empty: an enterprise without figures has none."""
    spec = vocabulary.tables[ENTERPRISE].facts[SIZE]
    row = Row(ENTERPRISE, values=dict(values))
    # The standard does not depend on the day.
    known = Reference(vocabulary, date(1970, 1, 1)).known(spec.fact(), row)
    return known if known in SizeClass.values else ""


def sizes(frame: pl.DataFrame, vocabulary: Vocabulary) -> pl.Series:
    """The certain size classes of many enterprises, empty where open."""
    spec = vocabulary.tables[ENTERPRISE].facts[SIZE]
    assert isinstance(spec.definition, Choose)
    coded = coded_frame(frame, vocabulary.tables[ENTERPRISE], vocabulary)
    lists, trees = lists_of(vocabulary), trees_of(vocabulary)
    compiler = Compiler(vocabulary, Codes(lists, trees), 0, frozenset(coded.columns))
    listed = lists[spec.type.choices]
    bits = {1 << place: value for place, value in enumerate(listed) if value in SizeClass.values}
    computed = compiler.mask(spec.definition).replace_strict(
        bits, default="", return_dtype=pl.String
    )
    if SIZE in frame.columns:
        told = (
            pl.when(pl.col(SIZE).is_in(SizeClass.values)).then(pl.col(SIZE)).otherwise(pl.lit(""))
        )
        given = frame.select(pl.when(pl.col(SIZE).is_not_null()).then(told))[:, 0]
    else:
        given = pl.Series([None], dtype=pl.String)
    return coded.select(pl.coalesce(pl.lit(given), computed).alias("size"))["size"]


def coded_frame(frame: pl.DataFrame, table: Table, vocabulary: Vocabulary) -> pl.DataFrame:
    """Typed facts as a snapshot holds them: dates as dates, lists and trees as positions."""
    lists, positions = lists_of(vocabulary), {}
    out = []
    for name in frame.columns:
        spec = table.facts.get(name)
        if spec is None:
            out.append(pl.col(name))
        elif spec.type.kind is Kind.CHOICE:
            listed = lists[spec.type.choices]
            out.append(_positions(name, {value: place for place, value in enumerate(listed)}))
        elif spec.type.kind in (Kind.REGION, Kind.INDUSTRY):
            kind = spec.type.kind
            if kind not in positions:
                codes = trees_of(vocabulary)[str(kind)]
                positions[kind] = {code: place for place, code in enumerate(codes)}
            out.append(_positions(name, positions[kind]))
        else:
            out.append(pl.col(name).cast(TYPES[spec.type.kind]))
    return frame.select(out)


def searched(numbers: pl.Series, names: pl.Series) -> Iterable[tuple[int, str]]:
    """What subjects are found by; where there is no name, by nothing."""
    told = pl.DataFrame({"record": numbers, "name": names})
    return told.filter(pl.col("name") != "").iter_rows()


def titles_text(names: list[str]) -> str:
    """Valid titles in one column: each between two 、 so that one can be looked for."""
    text = "、".join(sorted(set(names)))
    return f"、{text}、"[:LONGEST_TITLES] if text else ""


def valid(values: Mapping[str, Known], on: date) -> bool:
    """Whether a certificate is not known to have ended by a day."""
    ends = values.get("有效期止")
    return ends is None or int(ends) >= days(on)


def _positions(name: str, places: Mapping[str, int]) -> pl.Expr:
    return (
        pl.col(name).replace_strict(dict(places), default=None, return_dtype=pl.UInt16).alias(name)
    )

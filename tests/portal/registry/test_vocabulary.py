"""The registry and the vocabulary hold each other: every fact can be kept and read, every column is one."""

from datetime import date

import polars as pl
import pytest

from huiqi.portal.base import rules
from huiqi.portal.registry import actions, columns, encoding, history, queries
from huiqi.portal.registry.authority import source_of
from huiqi.portal.registry.models import Certificate, Enterprise, Record, Statement
from huiqi.rulebook.demo.keys import identity_numbers
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.values import Known
from huiqi.rulebook.library.vocabulary import FactSpec, Table
from tests.portal import people
from tests.portal.people import NOW
from tests.portal.registry.firms import firm, keeper

VOCABULARY = rules.library().vocabulary
NOT_FACTS = {"record", "credit_code", "size", "titles", "enterprise"}
"""Columns that are keys, or are computed from more than one fact."""


def some(spec: FactSpec) -> Known:
    """A value the fact can have."""
    match spec.type.kind:
        case Kind.BOOL:
            return True
        case Kind.TEXT:
            return "测试"
        case Kind.CHOICE:
            return VOCABULARY.choices[spec.type.choices][-1]
        case Kind.REGION:
            return "140581"
        case Kind.INDUSTRY:
            return "13"
    return max(1, spec.low or 0)


def key_of(table: Table) -> str:
    keys = {
        "信用代码": people.credit_code(77),
        "身份证": str(pl.select(identity_numbers(pl.lit(77))).item()),
    }
    return keys.get(table.key_format, f"测试{table.name}1")


@pytest.mark.django_db
@pytest.mark.parametrize("name", VOCABULARY.tables)
def test_every_fact_of_every_table_can_be_kept_and_read(name: str) -> None:
    table = VOCABULARY.tables[name]
    by = keeper()
    linked = {
        target: firm(1) if target == columns.ENTERPRISE else _subject(target, by)
        for target in dict.fromkeys(table.links.values())
    }
    values: dict[str, Known | None] = {spec.name: some(spec) for spec in table.stored}
    values |= {
        link: linked[target].key for link, target in table.links.items() if link != table.owner
    }
    record = actions.add(
        name, key_of(table), values, owner=linked.get(table.owner), source="测试登记", by=by, at=NOW
    )
    record.refresh_from_db()
    assert record.values == values
    owner = record.owner or record
    file = queries.facts_file(owner, on=NOW.date())
    row = file.events[name][0] if table.is_event else file.subjects[name]
    assert row.values == {spec.name: some(spec) for spec in table.stored}
    assert {link: other.key for link, other in row.links.items()} == {
        link: linked[target].key for link, target in table.links.items()
    }
    frame = encoding.columns([record.values], table)
    assert set(frame.columns) == {*encoding.names_of(table), encoding.GONE}
    assert history.values_of(history.as_of(record, NOW.date())) == record.values


def _subject(name: str, by: people.Actor) -> Record:
    return actions.add(name, key_of(VOCABULARY.tables[name]), {}, source="测试登记", by=by, at=NOW)


@pytest.mark.parametrize("name", VOCABULARY.tables)
def test_every_fact_has_a_register_that_holds_it(name: str) -> None:
    table = VOCABULARY.tables[name]
    assert [spec.name for spec in table.stored if not spec.source] == []
    assert all(source_of(table, link) for link in table.links)


def test_names_fit_their_columns() -> None:
    for table in VOCABULARY.tables.values():
        assert len(table.name) <= Record._meta.get_field("table").max_length
        for spec in table.stored:
            assert len(spec.source) <= Statement._meta.get_field("source").max_length
            assert len(spec.name) <= 60
    for field, tree in (("region", VOCABULARY.regions), ("industry", VOCABULARY.industries)):
        longest = Enterprise._meta.get_field(field).max_length
        assert max(len(node.code) for node in tree.nodes) <= longest
    for table_name, facts in columns.FOLLOWS.items():
        for column, fact in facts.items():
            spec = VOCABULARY.tables[table_name].facts[fact]
            field = columns.MODELS[table_name]._meta.get_field(column)
            if spec.type.kind is Kind.CHOICE:
                words = VOCABULARY.choices[spec.type.choices]
                assert max(map(len, words)) <= field.max_length


@pytest.mark.parametrize("model", [Enterprise, Certificate])
def test_every_typed_column_follows_a_fact_of_its_type(
    model: type[Enterprise] | type[Certificate],
) -> None:
    table = next(name for name, made in columns.MODELS.items() if made is model)
    follows = columns.FOLLOWS[table]
    kinds = {
        "CharField": {Kind.TEXT, Kind.CHOICE, Kind.REGION, Kind.INDUSTRY},
        "DateField": {Kind.DATE},
        "PositiveIntegerField": {Kind.COUNT},
        "BigIntegerField": {Kind.MONEY},
        "BooleanField": {Kind.BOOL},
    }
    own = {field.name for field in model._meta.concrete_fields} - NOT_FACTS
    assert set(follows) == own
    for column, fact in follows.items():
        spec = VOCABULARY.tables[table].facts[fact]
        assert spec.type.kind in kinds[model._meta.get_field(column).get_internal_type()]


def test_the_size_class_is_a_fact_of_the_vocabulary() -> None:
    spec = VOCABULARY.tables[columns.ENTERPRISE].facts[columns.SIZE]
    listed = VOCABULARY.choices[spec.type.choices]
    assert {value for value, _ in Enterprise._meta.get_field("size").choices} <= set(listed)


def test_columns_of_one_and_of_many_records_are_the_same() -> None:
    table = VOCABULARY.tables[columns.ENTERPRISE]
    values: list[dict[str, Known]] = [
        {spec.name: some(spec) for spec in table.stored},
        {"名称": "测试", "行业": "13", "从业人员": 25, "上年营业收入": 400 * 10**6},
        {"行业": "13", "从业人员": 500},
        {"行业": "13", "从业人员": 5, "划型": "大型"},
        {"划型": "不适用"},
        {},
    ]
    frame = encoding.columns([dict(one) for one in values], table)
    many = columns.followed_frame(columns.ENTERPRISE, frame)
    assert many.rows(named=True) == [columns.followed(columns.ENTERPRISE, one) for one in values]
    sizes = columns.sizes(frame, VOCABULARY).to_list()
    assert sizes == [columns.size_of(one, VOCABULARY) for one in values]
    assert sizes[1:] == ["小型", "", "大型", "", ""]
    assert many["founded_on"][0] == date(1970, 1, 2)

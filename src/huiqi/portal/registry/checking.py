"""Whether values may be kept: names, types, ranges and keys as the vocabulary declares them."""

from collections.abc import Mapping

from huiqi.portal.base.refusal import Refused
from huiqi.rulebook.language.bounds import fact_bounds
from huiqi.rulebook.language.literals import show_value
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.keytexts import plain_key, why_not
from huiqi.rulebook.library.values import Known, text_fault
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary
from huiqi.rulebook.problems import suggest
from huiqi.rulebook.tables.cells import expected


def table_named(name: str, vocabulary: Vocabulary) -> Table:
    """A table of the vocabulary, or :class:`Refused`."""
    found = vocabulary.tables.get(name)
    if found is None:
        hint = suggest(name, list(vocabulary.tables)) or "请从词汇表的表里选"
        raise Refused(f"没有“{name}”这张表", hint, "table")
    return found


def key_for(table: Table, text: str) -> str:
    """A key as it is kept, or :class:`Refused` with what is wrong with it."""
    key = plain_key(text, table.key_format)
    if not key:
        raise Refused(f"没有填“{table.key}”", "请填写后再保存", table.key)
    wrong = why_not(key, table.key_format)
    if wrong:
        raise Refused(f"“{text}”{wrong}", f"请核对“{table.key}”", table.key)
    return key


def check_names(table: Table, names: Mapping[str, object]) -> None:
    """Refuses names that the table does not declare, its owner, and facts that are computed."""
    for name in names:
        if name in table.links and name != table.owner:
            continue
        spec = table.facts.get(name)
        if spec is None:
            known = [*table.facts, *(link for link in table.links if link != table.owner)]
            hint = suggest(name, known) or f"“{table.name}”的事实见词汇表"
            raise Refused(f"“{table.name}”没有事实“{name}”", hint, name)
        if spec.definition is not None and not spec.question:
            raise Refused(f"“{name}”由系统算出，不能填写", "请改它所依据的事实", name)


def check_values(table: Table, values: Mapping[str, Known | None], vocabulary: Vocabulary) -> None:
    """Refuses the first value that its fact can't have. None (unknown again) is always right."""
    check_names(table, values)
    for name, value in values.items():
        if value is None:
            continue
        spec = table.facts.get(name)
        if spec is None:
            if not isinstance(value, str):
                raise Refused(f"“{name}”应是所关联主体的标识", "请填写标识", name)
        elif wrong := _wrong(value, spec, vocabulary):
            raise Refused(f"{name}：{wrong}", expected(spec, vocabulary), name)


def _wrong(value: Known, spec: FactSpec, vocabulary: Vocabulary) -> str:
    """What is wrong with a value, empty where nothing is."""
    kind = spec.type.kind
    if kind is Kind.BOOL:
        return "" if isinstance(value, bool) else f"“{value}”不是“是”或“否”"
    if kind in (Kind.TEXT, Kind.CHOICE, Kind.REGION, Kind.INDUSTRY):
        if not isinstance(value, str):
            return f"“{value}”应是文字"
        return _wrong_word(value, spec, vocabulary)
    if isinstance(value, bool) or not isinstance(value, int):
        return f"“{value}”应是{spec.type}"
    low, high = fact_bounds(spec)
    if low <= value <= high:
        return ""
    return (
        f"“{show_value(value, spec.type)}”超出范围，应在 {show_value(low, spec.type)} 和 "
        f"{show_value(high, spec.type)} 之间"
    )


def _wrong_word(value: str, spec: FactSpec, vocabulary: Vocabulary) -> str:
    kind = spec.type.kind
    if kind is Kind.CHOICE:
        listed = vocabulary.choices.get(spec.type.choices, ())
        return (
            "" if value in listed else f"没有“{value}”这个值，{suggest(value, listed)}".rstrip("，")
        )
    if kind is Kind.TEXT:
        return text_fault(value) if value.strip() else "不能是空白"
    return "" if vocabulary.trees[kind].get(value) else f"没有代码“{value}”"

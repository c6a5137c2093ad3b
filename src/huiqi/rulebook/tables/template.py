"""An empty workbook for one table: headings to fill in below, and a sheet that explains them."""

import io
from typing import Any

import xlsxwriter

from huiqi.rulebook.language.literals import show_value
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary
from huiqi.rulebook.tables.cells import expected

NOTES, LISTS = "填表说明", "选项"  # sheets that hold no data
MONEY_UNIT = "元"
ROWS = 1_000  # rows that are prepared with formats and lists
_EXAMPLES = {
    Kind.BOOL: "是", Kind.MONEY: "1234567.89", Kind.COUNT: "30", Kind.RATE: "5",
    Kind.DATE: "2026-03-05", Kind.TEXT: "文字",
}  # fmt: skip
_LONGEST_LIST = 255  # characters a list validation may have
_KEY_EXAMPLES = {"信用代码": "18位代码", "身份证": "18位号码", "编号": "A-001"}


def heading(spec: FactSpec) -> str:
    """The heading of a fact's column, with the unit in which bare numbers count."""
    unit = {Kind.MONEY: MONEY_UNIT, Kind.RATE: "%", Kind.COUNT: spec.type.unit}.get(spec.type.kind)
    return f"{spec.name}（{unit}）" if unit else spec.name


def template(table: Table, vocabulary: Vocabulary) -> bytes:
    """An .xlsx to fill in: key columns as text, lists to choose from, and what each column means.

    What it holds is read by :func:`huiqi.rulebook.tables.prepare` as it stands. Derived facts are left
    out.
    """
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False,
                                        "strings_to_urls": False})  # fmt: skip
    head = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1, "text_wrap": True})
    must = book.add_format({"bold": True, "bg_color": "#FCE4D6", "border": 1, "text_wrap": True})
    text = book.add_format({"num_format": 49})  # the built-in format for text
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(table.name)
    notes = book.add_worksheet(NOTES)
    hidden = book.add_worksheet(LISTS)
    hidden.hide()
    sheet.freeze_panes(1, 1)
    lines: list[tuple[str, ...]] = []
    for place, (name, form) in enumerate(_keys(table, vocabulary)):
        required = name in (table.key, table.owner)
        sheet.write_string(0, place, name, must if required else head)
        sheet.set_column(place, place, 24, text)
        said = "必填" if required else "可空"
        remark = f"{said}，按文本填写，一位不少"
        lines.append((name, form, _KEY_EXAMPLES[form], remark, ""))
    keys = len(lines)
    for place, spec in enumerate(table.stored, start=keys):
        sheet.write_string(0, place, heading(spec), head)
        kind = spec.type.kind
        own = {Kind.DATE: day, Kind.TEXT: text, Kind.REGION: text, Kind.INDUSTRY: text}.get(kind)
        sheet.set_column(place, place, max(12, 2 * len(heading(spec))), own)
        _validate(sheet, hidden, place, spec, vocabulary)
        lines.append(
            (heading(spec), _type(spec, vocabulary), _example(spec, vocabulary), spec.question,
             spec.source)
        )  # fmt: skip
    for place, title in enumerate(("列名", "类型", "示例", "填什么", "来源")):
        notes.write_string(0, place, title, head)
    for row, line in enumerate(lines, start=1):
        for place, cell in enumerate(line):
            notes.write_string(row, place, cell, plain)
    notes.set_column(0, 0, 26)
    notes.set_column(1, 2, 30)
    notes.set_column(3, 3, 60)
    notes.set_column(4, 4, 18)
    footer = "不清楚的格子空着，不要填0或“无”。可以在金额后写明单位，如 20万元。"
    notes.write_string(len(lines) + 2, 0, footer)
    book.close()
    return stream.getvalue()


def _keys(table: Table, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """Columns that hold keys, with their formats: own key first, then links."""
    links = [
        (link, vocabulary.tables[target].key_format) for link, target in table.links.items()
        if target in vocabulary.tables
    ]  # fmt: skip
    return [(table.key, table.key_format), *links]


def _type(spec: FactSpec, vocabulary: Vocabulary) -> str:
    what = expected(
        spec, vocabulary, {Kind.MONEY: MONEY_UNIT, Kind.RATE: "%"}.get(spec.type.kind, "")
    )
    bounds = [
        f"{word}{show_value(limit, spec.type)}"
        for word, limit in (("不少于", spec.low), ("不多于", spec.high))
        if limit is not None
    ]
    return "，".join([f"{spec.type.kind}：{what}", *bounds])


def _example(spec: FactSpec, vocabulary: Vocabulary) -> str:
    kind = spec.type.kind
    if kind is Kind.CHOICE:
        return next(iter(vocabulary.choices.get(spec.type.choices, ())), "")
    if kind in (Kind.REGION, Kind.INDUSTRY):
        node = vocabulary.trees[kind].nodes[-1]
        return f"{node.name} 或 {node.code}"
    return _EXAMPLES[kind]


def _validate(sheet: Any, hidden: Any, place: int, spec: FactSpec, vocabulary: Vocabulary) -> None:
    """Cells with a closed list offer it; other values are refused by the spreadsheet program."""
    if spec.type.kind is Kind.BOOL:
        listed: tuple[str, ...] = ("是", "否")
    elif spec.type.kind is Kind.CHOICE:
        listed = vocabulary.choices.get(spec.type.choices, ())
    else:
        return
    source: Any = list(listed)
    if len(",".join(listed)) > _LONGEST_LIST:
        for row, value in enumerate(listed):
            hidden.write_string(row, place, value)
        column = xlsxwriter.utility.xl_col_to_name(place, col_abs=True)
        source = f"={LISTS}!{column}$1:{column}${len(listed)}"
    sheet.data_validation(
        1, place, ROWS, place,
        {"validate": "list", "source": source, "error_title": "请从列表里选",
         "error_message": "这一格只能填列表里的值，不清楚就空着"},
    )  # fmt: skip


__all__ = ["heading", "template"]

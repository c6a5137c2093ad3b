"""Rows of a sheet that are no data: totals, footnotes, repeated headings, blank rows."""

import re

import polars as pl

from huiqi.rulebook.problems import Problem, Severity
from huiqi.rulebook.tables.headings import Column, Plan, plain
from huiqi.rulebook.tables.sheets import LINE, SheetError

TOTAL = r"^.{0,12}(?:合计|小计|总计|共计|累计|合\s*计|小\s*计|总\s*计|共\s*计)[数额]?[:：]?$"
FOOTNOTE = (
    r"^\s*[（(【*※]?\s*(?:备?\s*注|说\s*明|附注|填表人?|填报人?|填报单位|填报日期|填表日期|填表时间|"
    r"制表人?|制表单位|制表日期|审核人?|复核人?|经办人|负责人|单位负责人|分管领导|主要领导|统计负责人|"
    r"联系人|联系电话|电话|报送单位|报送日期|报送时间|报出日期|资料来源|数据来源|来源|日期|单位|"
    r"单位（?盖章）?|盖章|签字|签章)\s*[0-9一二三四五六七八九十]{0,2}\s*[）)】]?\s*[:：]"
)
_TOTAL, _FOOTNOTE = re.compile(TOTAL), re.compile(FOOTNOTE)
KINDS = {"total": "合计行", "footnote": "表末说明", "heading": "重复的列名", "title": "小标题"}
MOST_IN_TITLE = 2  # texts in a row that only names the group below it
LISTED = 10


def is_trailer(text: str) -> bool:
    """Whether a row that begins with this text is a total or a footnote."""
    return bool(_TOTAL.match(text.strip()) or _FOOTNOTE.match(text))


def without_trailers(
    frame: pl.DataFrame, plan: Plan, file: str
) -> tuple[pl.DataFrame, list[int], list[Problem]]:
    """Only the data rows, the numbers of blank rows, and what was skipped as reminders.

    A row is skipped only when its key is blank or is itself such a text, so no subject is taken for
    a total because of its name. SheetError where other headings begin in the middle.
    """
    key = plan.key
    places = [name for name in frame.columns if name != LINE]
    texts = [_text(name) for name in places]
    if not frame.height:
        return frame, [], []
    # Without a key column (payments) the first text of the row decides.
    told = _text(str(key.place)) if key is not None else pl.coalesce(texts)
    heading = pl.lit(_last_level(key) if key is not None else None, pl.String)
    frame_marks = frame.select(told.alias("told")).select(
        pl.col("told").is_null().alias("keyless"),
        pl.col("told").str.contains(TOTAL).fill_null(False).alias("total"),
        pl.col("told").str.contains(FOOTNOTE).fill_null(False).alias("footnote"),
        (pl.col("told") == heading).fill_null(False).alias("heading"),
    )
    odd = frame_marks.select(pl.any_horizontal(pl.all())).to_series()
    if not odd.any():
        return frame, [], []
    _same_headings(frame.filter(frame_marks["heading"]), plan, file)
    read = [_text(str(column.place)) for column in plan.columns]
    few = (
        frame.filter(odd)
        .select(
            pl.col(LINE),
            pl.coalesce(texts).alias("lead"),
            pl.sum_horizontal(text.is_not_null() for text in texts).alias("filled"),
            pl.all_horizontal(text.is_null() for text in read).alias("unread"),
        )
        .with_columns(frame_marks.filter(odd))
    )
    lead, keyless = pl.col("lead"), pl.col("keyless")
    few = few.with_columns(
        (pl.col("total") | (keyless & lead.str.contains(TOTAL))).fill_null(False).alias("total"),
        (pl.col("footnote") | (keyless & lead.str.contains(FOOTNOTE)))
        .fill_null(False)
        .alias("footnote"),
        lead.is_null().alias("blank"),
        # 二 | 米山镇: nothing in any column that is read, and no running number either.
        (pl.col("unread") & (pl.col("filled") <= MOST_IN_TITLE) & ~lead.str.contains("^[0-9.]+$"))
        .fill_null(False)
        .alias("title"),
    )
    few = few.filter(pl.any_horizontal(*KINDS, "blank"))
    blanks = few.filter("blank")[LINE].to_list()
    problems = []
    for line, text, *flags in few.filter(~pl.col("blank")).select(LINE, "lead", *KINDS).iter_rows():
        kind = next(name for name, flag in zip(KINDS, flags, strict=True) if flag)
        problems.append(
            Problem(
                f"skipped-{kind}", f"这一行是{KINDS[kind]}，跳过", "", file, line, 0, "",
                text[:200], Severity.WARNING,
            )
        )  # fmt: skip
    kept = frame.filter(~pl.col(LINE).is_in(few[LINE].implode()))
    return kept, blanks, problems


def _same_headings(rows: pl.DataFrame, plan: Plan, file: str) -> None:
    """Rows that repeat the headings must repeat all of them: below others, values would be mistaken."""
    for row in rows.iter_rows(named=True):
        for column in plan.columns:
            text = plain(row[str(column.place)] or "")
            if text and text not in {plain(level) for level in column.heading.split(" / ")}:
                raise SheetError(
                    Problem(
                        "second-table", f"这一行又是列名，第{column.place + 1}列却和前面不一样，这里有两块表",
                        "一张工作表（一个文件）只放一块表，分开再交", file, row[LINE], column.place + 1,
                        column.heading, row[str(column.place)][:200],
                    )
                )  # fmt: skip


def _text(name: str) -> pl.Expr:
    """A column's texts stripped, null where nothing is left."""
    text = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)


def blank_rows(blanks: list[int], last: int, file: str) -> list[Problem]:
    """One reminder for the blank rows between data; those after the last row don't count."""
    inner = [line for line in blanks if line < last]
    if not inner:
        return []
    listed = "、".join(str(line) for line in inner[:LISTED])
    more = "等" if len(inner) > LISTED else ""
    return [
        Problem(
            "skipped-blank", f"跳过{len(inner):,}个空行：第{listed}行{more}", "", file, inner[0],
            severity=Severity.WARNING,
        )
    ]  # fmt: skip


def _last_level(key: Column) -> str:
    return key.heading.split(" / ")[-1]

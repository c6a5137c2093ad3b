"""Tables handed in say exactly what the snapshot holds, in every style."""

import re
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from huiqi.rulebook.bulk.snapshot import LINK, OWNER, Snapshot, code_of
from huiqi.rulebook.demo import export_tables, make_region
from huiqi.rulebook.demo.export import Style
from huiqi.rulebook.demo.shown import decimal, dotted, money_with_unit, name_of, per_cent
from huiqi.rulebook.language.literals import to_date
from huiqi.rulebook.language.nodes import DISCRETE, Kind
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.library.values import read_value
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary
from huiqi.rulebook.problems import Severity
from huiqi.rulebook.tables import prepare
from tests.rulebook.demo.conftest import TODAY
from tests.rulebook.demo.test_region import table

HEADING = re.compile(r"(.+?)(?:（(.+)）)?")


def meant(snapshot: Snapshot, vocabulary: Vocabulary, declared: Table) -> pl.DataFrame:
    """What a handed-in table must say: keys for links, stored values for facts."""
    frame = table(snapshot, declared.name)
    columns = [pl.col(declared.key)]
    for link, target in declared.links.items():
        keys = table(snapshot, target)[vocabulary.tables[target].key]
        place = pl.col(OWNER if link == declared.owner else LINK + link)
        columns.append(pl.lit(keys).gather(place).alias(link))
    facts = [name for name in declared.facts if name in frame.columns]
    return frame.select(*columns, *facts)


def read_back(cells: pl.Series, spec: FactSpec, unit: str, vocabulary: Vocabulary) -> pl.Series:
    """Cells as the reader of values understands them, in snapshot types."""
    meanings: dict[str, object] = {}
    for text in cells.drop_nulls().unique():
        value = read_value(text, spec, vocabulary, unit)
        if spec.type.kind in DISCRETE and value is not None:
            value = code_of(spec, str(value), vocabulary)
        meanings[text] = to_date(int(value)) if spec.type.kind is Kind.DATE else value  # type: ignore[arg-type]
    return pl.Series([None if text is None else meanings[text] for text in cells], dtype=None)


def compare(found: pl.DataFrame, snapshot: Snapshot, vocabulary: Vocabulary, name: str) -> None:
    """Every cell of a frame of texts says what the snapshot holds."""
    declared = vocabulary.tables[name]
    wanted = meant(snapshot, vocabulary, declared)
    assert found.height == wanted.height
    plain = []
    for heading in found.columns:
        fact, unit = HEADING.fullmatch(heading).groups()  # type: ignore[union-attr]
        plain.append(fact)
        spec = declared.facts.get(fact)
        if spec is None:
            assert found[heading].to_list() == wanted[fact].to_list(), heading
        else:
            made = read_back(found[heading], spec, unit or "", vocabulary)
            assert made.to_list() == wanted[fact].to_list(), heading
    assert plain == wanted.columns


# ------------------------------------------------------------------------------ csv and parquet


def test_csv_says_what_the_snapshot_holds(
    small: Snapshot, library: Library, tmp_path: Path
) -> None:
    files = export_tables(small, library.vocabulary, tmp_path, style="csv")
    names = [*library.vocabulary.tables, "拨付"]
    assert [file.name for file in files] == [f"{name}.csv" for name in names]
    for file in files[:-1]:
        found = pl.read_csv(file, infer_schema=False)
        compare(found, small, library.vocabulary, file.stem)


def test_amounts_come_with_unit_in_cell_or_heading(
    small: Snapshot, library: Library, tmp_path: Path
) -> None:
    export_tables(small, library.vocabulary, tmp_path, style="csv")
    head = (tmp_path / "质押融资.csv").read_text("utf-8").split("\n")[0].split(",")
    assert {"登记金额", "贷款金额（万元）", "质押登记号", "企业"} <= set(head)
    cells = pl.read_csv(tmp_path / "质押融资.csv", infer_schema=False)["登记金额"].drop_nulls()
    assert cells.str.contains("元$").all()


def test_parquet_is_typed_and_says_the_same(
    small: Snapshot, library: Library, tmp_path: Path
) -> None:
    vocabulary = library.vocabulary
    files = export_tables(small, vocabulary, tmp_path, style="parquet")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(file.name for file in files)
    for file in files[:-1]:
        declared = vocabulary.tables[file.stem]
        frame = pl.read_parquet(file)
        wanted = meant(small, vocabulary, declared)
        for heading in frame.columns:
            fact, unit = HEADING.fullmatch(heading).groups()  # type: ignore[union-attr]
            spec = declared.facts.get(fact)
            kind = None if spec is None else spec.type.kind
            values = frame[heading]
            if kind is Kind.MONEY:
                assert (unit, values.dtype) == ("元", pl.Decimal(20, 2))
                values = (values * 100).cast(pl.Int64)
            elif spec is not None and (kind in DISCRETE or kind is Kind.RATE):
                assert values.dtype == pl.String
                values = read_back(values, spec, unit or "", vocabulary)
            assert values.to_list() == wanted[fact].to_list(), heading


def test_parts_are_joined(library: Library, tmp_path: Path) -> None:
    vocabulary = library.vocabulary
    one = make_region(vocabulary, tmp_path / "one", enterprises=6_000, today=TODAY)
    two = make_region(vocabulary, tmp_path / "two", enterprises=6_000, today=TODAY, part_rows=5_000)
    styles: tuple[Style, ...] = ("csv", "parquet")
    for style in styles:
        left = export_tables(one, vocabulary, tmp_path / f"1{style}", style=style)
        right = export_tables(two, vocabulary, tmp_path / f"2{style}", style=style)
        for here, there in zip(left, right, strict=True):
            if style == "csv":
                assert here.read_bytes() == there.read_bytes()
            else:
                assert_frame_equal(pl.read_parquet(here), pl.read_parquet(there))


@pytest.mark.parametrize("style", ["csv", "xlsx", "parquet"])
def test_tables_become_the_same_snapshot_again(
    small: Snapshot, library: Library, tmp_path: Path, style: Style
) -> None:
    export_tables(small, library.vocabulary, tmp_path / "tables", style=style)
    made = prepare(tmp_path / "tables", tmp_path / "again", library.vocabulary)
    assert [problem for problem in made.problems if problem.severity is Severity.ERROR] == []
    assert made.snapshot is not None
    for name in library.vocabulary.tables:
        assert_frame_equal(table(made.snapshot, name), table(small, name), check_column_order=False)
    paid = [pl.read_parquet(one.folder / "paid.parquet") for one in (made.snapshot, small)]
    assert paid[1].height > 0
    assert_frame_equal(*paid, check_row_order=False)


# ------------------------------------------------------------------------------ xlsx


@pytest.fixture(scope="module")
def sheets(
    small: Snapshot, library: Library, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("xlsx")
    files = export_tables(small, library.vocabulary, folder, style="xlsx")
    return {file.stem: file for file in files}


def cell_text(value: object) -> str | None:
    """A cell as a person reads it."""
    if value is None or isinstance(value, str):
        return value
    return f"{value:.2f}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize(
    "name", ["企业", "认定", "担保业务", "质押融资", "年度经营", "人员", "载体"]
)
def test_sheets_say_what_the_snapshot_holds(
    sheets: dict[str, Path], small: Snapshot, library: Library, name: str
) -> None:
    sheet = openpyxl.load_workbook(sheets[name]).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == f"虚拟示范区{name}情况表"
    count = small.rows(name)
    head = [below or above for above, below in zip(rows[1], rows[2], strict=True)]
    body = rows[3 : 3 + count]
    found = pl.DataFrame(
        {
            str(heading): pl.Series([cell_text(row[place]) for row in body], dtype=pl.String)
            for place, heading in enumerate(head)
        }
    )
    compare(found, small, library.vocabulary, name)
    assert rows[3 + count][0] == "合计"
    assert str(rows[4 + count][0]).startswith("注：")
    assert len(rows) == count + 5


def test_headings_are_merged_over_two_rows(sheets: dict[str, Path]) -> None:
    sheet = openpyxl.load_workbook(sheets["企业"]).active
    assert sheet is not None
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert "A2:A3" in merged
    assert any(area.startswith("A1:") for area in merged)
    wide = [area for area in sheet.merged_cells.ranges if area.min_row == area.max_row == 2]
    assert len(wide) >= 2


def test_dates_and_amounts_are_written_as_offices_do(sheets: dict[str, Path]) -> None:
    with ZipFile(sheets["质押融资"]) as book:
        texts = book.read("xl/sharedStrings.xml").decode()
    assert re.search(r">20\d\d\.[1-9]\d?\.[1-9]\d?<", texts)
    assert re.search(r">\d+(\.\d+)?万<", texts)


def test_the_sum_of_a_column_is_its_sum(sheets: dict[str, Path], small: Snapshot) -> None:
    sheet = openpyxl.load_workbook(sheets["企业"]).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    place = (
        rows[2].index("从业人员（人）")
        if "从业人员（人）" in rows[2]
        else rows[1].index("从业人员（人）")
    )
    total = rows[3 + small.rows("企业")][place]
    assert total == table(small, "企业")["从业人员"].sum()


# ------------------------------------------------------------------------------ how values look


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (20 * 10**6, "20万元"), (123_456_700, "123.4567万元"), (123_456_789, "1234567.89元"),
        (99, "0.99元"), (0, "0元"), (10**6, "1万元"), (999_900, "9999元"), (-20 * 10**6, "-20万元"),
    ],
)  # fmt: skip
def test_how_amounts_look(value: int, text: str) -> None:
    frame = pl.DataFrame({"v": pl.Series([value], dtype=pl.Int64)})
    assert frame.select(money_with_unit(pl.col("v")).alias("v"))["v"].to_list() == [text]


def test_how_rates_decimals_and_dates_look() -> None:
    frame = pl.DataFrame({"v": pl.Series([50_000, 8_501, -1, 0], dtype=pl.Int64)})
    looks = frame.select(per_cent(pl.col("v")).alias("a"), decimal(pl.col("v"), 2).alias("b"))
    assert looks["a"].to_list() == ["5%", "0.8501%", "-0.0001%", "0%"]
    assert looks["b"].to_list() == ["500", "85.01", "-0.01", "0"]
    day = pl.DataFrame({"v": [to_date(20_517)]})
    assert day.select(dotted(pl.col("v")).alias("v"))["v"].to_list() == ["2026.3.5"]


def test_names_find_their_node_only(library: Library) -> None:
    for tree in library.vocabulary.trees.values():
        for node in tree.nodes:
            found = tree.find(name_of(tree, node.code))
            assert getattr(found, "code", None) == node.code


def test_a_style_that_does_not_exist_is_refused(
    small: Snapshot, library: Library, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="docx"):
        export_tables(small, library.vocabulary, tmp_path, style="docx")  # type: ignore[arg-type]

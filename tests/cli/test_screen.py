"""Small things of the terminal: carets below Chinese, money in columns, progress off a terminal."""

import io
from fractions import Fraction

import pytest
from rich.cells import cell_len

from huiqi.cli.problems import count_words, excerpt, show_problems
from huiqi.cli.results import number, of_all, signed, ten_thousands
from huiqi.cli.screen import Column, Screen, console, put, table
from huiqi.rulebook.problems import Problem, Severity


@pytest.mark.parametrize(
    ("line", "column", "found", "caret"),
    [
        ("金额: 20万元", 5, "20万元", "      ^^^^^^"),
        ("金额: 20万元", 5, "别的", "      ^"),
        ("金额: 20万元", 5, "", "      ^"),
        ("名: 甲", 4, "", "    ^^"),
        ("名:", 9, "", "   ^"),
    ],
)
def test_carets_stand_below_their_place(line: str, column: int, found: str, caret: str) -> None:
    assert excerpt(line, column, found, 60) == (line, caret)


def test_a_long_line_is_cut_around_the_place() -> None:
    line = "甲" * 100 + "错" + "乙" * 100
    source, caret = excerpt(line, 101, "错", 60)
    assert cell_len(source) <= 60
    assert source.startswith("…甲")
    at = source.index("错")
    assert caret == " " * cell_len(source[:at]) + "^^"


@pytest.mark.parametrize(
    ("fen", "unbounded", "words"),
    [
        (0, 0, "—"),
        (1, 0, "0.00"),
        (20_000_000, 0, "20.00"),
        (123_456_789_49, 0, "12,345.68"),
        (20_000_000, 3, "20.00+"),
        (0, 3, "0.00+"),
        (10**20, 0, "100,000,000,000,000.00"),
    ],
)
def test_money_in_columns(fen: int, unbounded: int, words: str) -> None:
    assert ten_thousands(fen, unbounded) == words


def test_differences_and_figures() -> None:
    assert [signed(fen) for fen in (1_000_000, -1_000_000, 0)] == ["+1.00", "-1.00", "—"]
    values = (Fraction(5), Fraction(1, 3), Fraction(12345, 10), Fraction(0))
    assert [number(value) for value in values] == ["5", "0.33", "1,234.5", "0"]
    assert [of_all(total) for total in (3, 10, 11)] == ["", "", "，前 10 项，共 11 项"]


def test_problems_are_counted_and_limited() -> None:
    wrong = [Problem("x", f"第{index}处", file="a.yaml", line=index) for index in range(1, 6)]
    noted = Problem("y", "小事", file="b.yaml", severity=Severity.WARNING)
    assert count_words([*wrong, noted]) == " 5 处错误、1 处提醒"
    assert count_words([]) == ""
    stream = io.StringIO()
    show_problems(console(stream), [*wrong, noted], limit=2)
    assert stream.getvalue().splitlines() == [
        "a.yaml",
        "  第1行  错误  第1处",
        "  第2行  错误  第2处",
        "  ……还有 3 处",
        "",
        "b.yaml",
        "  提醒  小事",
        "",
    ]


def test_columns_line_up_under_chinese() -> None:
    stream = io.StringIO()
    columns = [Column("名称"), Column("数", "right")]
    put(console(stream), table(columns, [["高平市", "1"], ["甲a", "12,345"]]))
    assert stream.getvalue().splitlines() == [
        "名称        数",
        "──────────────",
        "高平市       1",
        "甲a     12,345",
    ]


def test_nothing_but_results_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    with screen.progress("长活") as step:
        step.done(1, 2)
        step.told("又一步", 2, 2)
        step.share("收尾", 1.0)
    assert capsys.readouterr() == ("", "")


def test_json_keeps_people_s_words_off_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(as_json=True)
    screen.title("题", "右")
    screen.section("节")
    screen.table([Column("甲")], [["乙"]])
    screen.print("话")
    screen.json({"ok": True})
    assert capsys.readouterr() == ('{\n "ok": true\n}\n', "")

"""`huiqi read`: documents as published become clauses, targets, supports and a draft of rules."""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from huiqi.cli.options import Folder, Json, folder, open_library
from huiqi.cli.outfolder import fresh_folder
from huiqi.cli.problems import show_problems
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Column, Screen
from huiqi.cli.usage import Command
from huiqi.reading import Fate, Reading, as_json, read_many
from huiqi.reading.draft import Draft, draft, write
from huiqi.reading.draft.compare import QUESTIONS, Comparison, Share, compare, load_draft
from huiqi.reading.draft.output import comparison_json, draft_json, percent
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.library.vocabulary import load_vocabulary
from huiqi.rulebook.problems import errors, suggest

HELP = """读公文（TXT、DOCX、PDF、HTML）：条款、单位、目标、支持，每句话都有着落。

--out 写每份文件的 JSON；--draft 写政策草稿目录：能写成规则的写成规则，写不成的逐处列为待定。
--compare 拿草稿和手写的政策比：金额和档次、对象、地区、叠加和次数各对上多少。

退出码：0 每句都有着落；1 有句子要交人判断；2 有文件读不出来，此时什么都不写。"""

FATES = (Fate.TARGET, Fate.SUPPORT, Fate.DUTY, Fate.DEFINITION, Fate.BACKGROUND, Fate.PERSON)
SHOWN = 36
"""How many characters of a sentence are printed."""


def read_files(
    files: Annotated[list[Path], typer.Argument(metavar="文件…", help="一份或者几份公文")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="目录", help="每份文件写一个 JSON")
    ] = None,
    drafts: Annotated[
        Path | None, typer.Option("--draft", metavar="目录", help="写政策草稿目录")
    ] = None,
    against: Annotated[
        str,
        typer.Option("--compare", metavar="编号", help="与手写政策比；几份文件用逗号依次写编号"),
    ] = "",
    sentences: Annotated[
        bool, typer.Option("--sentences", help="逐句列出着落和交人判断的原因")
    ] = False,
    option: Folder = None,
    as_document: Json = False,
) -> int:
    """Read everything first; write only when every file could be read."""
    screen = Screen(as_document)
    _refuse_twins(files)
    names = [name.strip() for name in against.split(",") if name.strip()]
    if names and len(names) != len(files):
        raise Refusal("--compare 的编号和文件对不上数", "一份文件写一个编号，用逗号隔开")
    library = _library(option, names, screen)
    with screen.progress("读公文", len(files)) as step:
        readings = list(read_many(files, lambda done, total, _: step.done(done, total)))
    if any(errors(reading.problems) for reading in readings):
        return _unreadable(screen, readings)
    made: list[Draft] = []
    if drafts is not None or names:
        vocabulary = library.vocabulary if library else load_vocabulary(folder(option))[0]
        made = [draft(reading, vocabulary) for reading in readings]
    found = _compared(readings, made, names, library, folder(option))
    with ExitStack() as folders:
        if out is not None:
            target = folders.enter_context(fresh_folder(out))
            for path, reading in zip(files, readings, strict=True):
                text = json.dumps(as_json(reading), ensure_ascii=False, indent=1)
                (target / f"{path.stem}.json").write_text(text + "\n", "utf-8")
        if drafts is not None:
            target = folders.enter_context(fresh_folder(drafts))
            for one in made:
                write(one, target)
    left = sum(reading.coverage.left_sentences for reading in readings)
    code = Code.FOUND if left else Code.FINE
    if screen.as_json:
        screen.json(_document(readings, made, found, code))
        return code
    for reading in readings:
        if reading.problems:
            show_problems(screen.err, reading.problems)
    if len(readings) == 1:
        _one(screen, readings[0])
    else:
        _many(screen, readings)
    if sentences:
        for reading in readings:
            _sentences(screen, reading)
    if drafts is not None:
        _drafts(screen, made, drafts)
    if found:
        _comparison(screen, found)
    if out is not None:
        screen.print("", Text(f"JSON 在 {out}", "quiet"))
    return code


def _refuse_twins(files: Sequence[Path]) -> None:
    """Two files of one name would write over one another."""
    seen: dict[str, Path] = {}
    for path in files:
        if path.stem in seen:
            raise Refusal(f"“{seen[path.stem]}”和“{path}”同名", "改名后再读，或者分两次读")
        seen[path.stem] = path


def _library(option: Path | None, names: Sequence[str], screen: Screen) -> Library | None:
    """The library to compare with, where something is compared."""
    if not names:
        return None
    library = open_library(folder(option), screen)
    for name in names:
        if name not in library.by_id:
            known = list(library.by_id)
            raise Refusal(f"没有政策“{name}”", suggest(name, known) or f"可写：{'、'.join(known)}")
    return library


def _unreadable(screen: Screen, readings: Sequence[Reading]) -> int:
    bad = [reading for reading in readings if errors(reading.problems)]
    problems = [problem for reading in bad for problem in reading.problems]
    if screen.as_json:
        screen.json(
            {
                "ok": False,
                "exit_code": int(Code.USAGE),
                "message": f"{len(bad)} 份文件读不出来，什么都没有写",
                "problems": [problem.as_dict() for problem in problems],
            }
        )
        return Code.USAGE
    show_problems(screen.err, problems)
    screen.err.print(Text(f"{len(bad)} 份文件读不出来，什么都没有写", "bad"))
    return Code.USAGE


def _compared(
    readings: Sequence[Reading],
    made: Sequence[Draft],
    names: Sequence[str],
    library: Library | None,
    root: Path,
) -> list[Comparison]:
    if library is None:
        return []
    out = []
    for reading, one, name in zip(readings, made, names, strict=True):
        loaded, problems = load_draft(one, root)
        if loaded is None or errors(problems):
            raise Refusal("草稿装不进来，这是程序的缺陷", "请把文件交给维护者", problems, Code.BUG)
        out.append(compare(reading, one, loaded, library.by_id[name], library.vocabulary))
    return out


# -------------------------------------------------------------------- what is printed


def _one(screen: Screen, reading: Reading) -> None:
    document = reading.document
    screen.title(document.title or reading.name)
    rows = [
        ("文号", document.number or "没有认出"),
        ("发文机关", "、".join(document.issuer) or "没有认出"),
        ("印发日期", document.issued_on or document.printed_on or "没有认出"),
        ("条款", f"{len(reading.clauses)} 条，写明责任单位 {_with_units(reading)} 条"),
        ("目标", f"{len(reading.targets)} 个"),
        ("支持", f"{len(reading.supports)} 项，{_with_figures(reading)} 项有金额或比例"),
        ("句子", f"{reading.coverage.sentences} 句：{_fates(reading)}"),
        ("着落", _covered(reading)),
    ]
    screen.table((Column("读出", wrap=False, style="quiet"), Column("结果")), rows)


def _many(screen: Screen, readings: Sequence[Reading]) -> None:
    rows = [
        (
            reading.name,
            str(len(reading.clauses)),
            str(len(reading.targets)),
            str(len(reading.supports)),
            str(reading.coverage.sentences),
            str(reading.coverage.left_sentences),
            _share(reading),
        )
        for reading in readings
    ]
    columns = (
        Column("文件"),
        *(Column(name, "right") for name in ("条款", "目标", "支持", "句子", "交人", "着落")),
    )
    screen.table(columns, rows)


def _with_units(reading: Reading) -> int:
    return sum(1 for clause in reading.clauses if clause.units)


def _with_figures(reading: Reading) -> int:
    return sum(1 for support in reading.supports if support.has_figures)


def _fates(reading: Reading) -> str:
    counted = Counter(sentence.fate for sentence in reading.sentences)
    return "、".join(f"{fate} {counted[fate]}" for fate in FATES if counted[fate]) or "无"


def _share(reading: Reading) -> str:
    return f"{reading.coverage.share * 100:.2f}%"


def _covered(reading: Reading) -> str:
    left = reading.coverage.left_sentences
    return f"{_share(reading)}" + (f"，{left} 句交人判断（--sentences 逐句看）" if left else "")


def _sentences(screen: Screen, reading: Reading) -> None:
    screen.section(f"{reading.name}：逐句")
    rows = []
    for sentence in reading.sentences:
        words = " ".join(reading.text[sentence.start : sentence.end].split())
        shown = words if len(words) <= SHOWN else f"{words[:SHOWN]}……"
        style = "judge" if sentence.fate is Fate.PERSON else ""
        rows.append(
            (
                f"{sentence.start}–{sentence.end}",
                sentence.clause or "",
                Text(str(sentence.fate), style),
                shown,
                sentence.reason,
            )
        )
    columns = (
        Column("位置", "right", wrap=False),
        Column("条款", wrap=False),
        Column("着落", wrap=False),
        Column("句子"),
        Column("原因"),
    )
    screen.table(columns, rows)


def _drafts(screen: Screen, made: Sequence[Draft], out: Path) -> None:
    for one in made:
        screen.section(f"草稿 {one.id}：条款 {len(one.clauses)}，目标 {len(one.targets)}")
        rows = [
            (
                support.id,
                support.clause,
                support.table,
                str(len(support.conditions)),
                str(sum(1 for built in support.conditions if not built.sure)),
                Text(str(len(support.open)), "open" if support.open else ""),
            )
            for support in one.supports
        ]
        columns = (
            Column("支持"),
            Column("条款", wrap=False),
            Column("对象"),
            *(Column(name, "right") for name in ("条件", "待核对", "待定")),
        )
        screen.table(columns, rows)
    screen.print("", Text(f"草稿在 {out}；待定的逐处写在文件里，定完前不要用来评定", "quiet"))


def _comparison(screen: Screen, found: Sequence[Comparison]) -> None:
    total = {name: Share() for name in ("起草出来", *QUESTIONS)}
    for one in found:
        total["起草出来"] += one.found
        for name in QUESTIONS:
            total[name] += one.share(name)
    screen.section("草稿与手写的支持相比")
    rows = [
        (name, str(share.hits), str(share.all), percent(share.part))
        for name, share in total.items()
    ]
    columns = (Column("比什么"), *(Column(name, "right") for name in ("相符", "共", "份额")))
    screen.table(columns, rows)
    for one in found:
        differing = [(row.support, row.draft, "；".join(row.differs)) for row in one.rows]
        listed = [row for row in differing if row[2]]
        if listed:
            screen.section(f"{one.policy}：不同的（手写／草稿）")
            screen.table((Column("手写的支持"), Column("草稿"), Column("不同")), listed)
        if one.extra:
            screen.print(Text(f"只有草稿有的 {len(one.extra)} 项：{'、'.join(one.extra)}", "quiet"))


def _document(
    readings: Sequence[Reading], made: Sequence[Draft], found: Sequence[Comparison], code: Code
) -> dict[str, Any]:
    """One file: its reading itself, as scorers take it. Several: a list of them."""
    listed = [as_json(reading) for reading in readings]
    for document, one in zip(listed, made, strict=False):
        document["draft"] = draft_json(one)
    for document, comparison in zip(listed, found, strict=False):
        document["comparison"] = comparison_json(comparison)
    head = {"ok": code == Code.FINE, "exit_code": int(code)}
    return {**head, **listed[0]} if len(listed) == 1 else {**head, "files": listed}


def register(app: typer.Typer) -> None:
    app.command("read", cls=Command, help=HELP)(read_files)

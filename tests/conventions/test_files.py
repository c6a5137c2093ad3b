"""What no file may hold, how long it may be, and what a newcomer must find."""

import re
from pathlib import Path

import pytest

from tests.conventions.repository import OFFICIAL_TEXTS, ROOT, files, files_under, texts

LONGEST = 800

# Written in pieces, so that this file does not hold what it forbids.
FORBIDDEN = [
    "pypi" + r"\.org",
    "python" + r"hosted\.org",
    "npm" + r"js\.(?:org|com)",
    "npm" + r"mirror\.com",
    "deb" + r"ian\.org",
    "tuna" + r"\.tsinghua",
    "mirrors?" + r"\.(?:aliyun|cloud|163|ustc)",
    r"(?<![\w.])/wo" + r"rk/",
    r"(?<![\w.])/tm" + r"p/brief",
    r"(?<![\w.])/op" + r"t/(?:pypi|wheels|skills)",
    r"(?<![\w.])/ro" + r"ot/",
    r"(?<![\w.])/ho" + r"me/\w",
    r"(?<![\w.])/Us" + r"ers/\w",
]
HOSTS_AND_PATHS = re.compile("|".join(FORBIDDEN), re.IGNORECASE)


def forbidden(text: str) -> list[tuple[int, str]]:
    """Line and words of every registry's host and every path of one machine."""
    return [
        (text.count("\n", 0, match.start()) + 1, match.group())
        for match in HOSTS_AND_PATHS.finditer(text)
    ]


def test_no_registry_host_and_no_path_of_one_machine() -> None:
    offences = [
        f"{name}:{line}: {words}"
        for name, text in texts().items()
        for line, words in forbidden(text)
    ]
    assert offences == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("--index-url https://" + "pypi" + ".org/simple", 1),
        ("see\n/wo" + "rk/here", 1),
        ("https://registry.npm" + "js.org and /ho" + "me/someone", 2),
        ("the framework/works, ../shared/policies, network/work", 0),
    ],
)
def test_the_search_finds_hosts_and_paths(text: str, count: int) -> None:
    assert len(forbidden(text)) == count


def too_long(paths: list[Path]) -> dict[str, int]:
    """Name and number of lines of each file that nobody reads in one go."""
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return {name: lines for name, lines in lengths.items() if lines > LONGEST}


def test_no_file_of_code_is_too_long() -> None:
    kinds = [".py", ".html", ".js", ".css"]
    paths = [path for kind in kinds for path in files_under("src", "tests", suffix=kind)]
    assert too_long(paths) == {}


def test_a_planted_file_that_is_too_long_is_found(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("x\n" * (LONGEST + 1), encoding="utf-8")
    (tmp_path / "page.html").write_text("x\n" * LONGEST, encoding="utf-8")
    assert too_long(sorted(tmp_path.iterdir())) == {"long.py": LONGEST + 1}


def test_file_names_are_told_apart_everywhere() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in files()]
    folded = [name.casefold() for name in names]
    assert [name for name in names if folded.count(name.casefold()) > 1] == []


# --- the official texts ---------------------------------------------------------------------------

RUN = 30


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def runs(text: str, length: int = RUN) -> set[str]:
    """Every run of ``length`` characters, spaces and line ends left out."""
    whole = squeezed(text)
    return {whole[start : start + length] for start in range(len(whole) - length + 1)}


def copied(text: str, known: set[str]) -> list[str]:
    """The longest pieces of ``text`` that stand in the official texts."""
    whole = squeezed(text)
    pieces: list[str] = []
    end = -1
    for start in range(len(whole) - RUN + 1):
        if whole[start : start + RUN] in known:
            if start < end:
                pieces[-1] += whole[end : start + RUN]
            else:
                pieces.append(whole[start : start + RUN])
            end = start + RUN
    return pieces


def names(text: str) -> list[str]:
    """Titles of documents and headings of an official text: names are facts and may be repeated.

    A title stands in 《》, or in lines without a comma or a full stop, one or several in a row.
    """
    found = re.findall("《[^《》]*(?:《[^《》]*》[^《》]*)*》", squeezed(text))
    lines = [squeezed(line).lstrip("#") for line in text.splitlines()]
    heading = ""
    for line in [*lines, "。"]:
        if re.search("[，,。；;：:]", line):
            found.append(heading)
            heading = ""
        else:
            heading += line
    return found


def sentences(text: str) -> set[str]:
    """The runs of an official text that lie in its sentences."""
    return runs(text).difference(*(runs(name) for name in names(text)))


def test_no_sentence_of_the_official_texts_is_copied() -> None:
    if not OFFICIAL_TEXTS.is_dir():
        pytest.skip("the official texts (../shared/policies) are not beside this checkout")
    official = [path.read_text(encoding="utf-8") for path in sorted(OFFICIAL_TEXTS.glob("*.txt"))]
    known = set().union(*(sentences(text) for text in official))
    offences = [
        f"{name}: {piece}" for name, text in texts().items() for piece in copied(text, known)
    ]
    assert offences == []


def test_the_search_finds_a_copied_sentence() -> None:
    sentence = "".join(chr(0x4E00 + n) for n in range(40))
    known = sentences(f"前言。{sentence}。后记")
    assert copied(f"a: {sentence[:20]}\n   {sentence[20:35]}b", known) == [sentence[:35]]
    assert copied(sentence[:29], known) == []
    assert (
        sentences(f"前言。\n{sentence[:20]}\n{sentence[20:]}\n根据《{sentence}》，")
        & runs(sentence)
        == set()
    )


# --- what a newcomer must find --------------------------------------------------------------------


def test_the_licence_is_apache_2() -> None:
    lines = (ROOT / "LICENSE").read_text(encoding="utf-8").splitlines()
    assert [line.strip() for line in lines if line.strip()][:2] == [
        "Apache License",
        "Version 2.0, January 2004",
    ]
    assert len(lines) > 170


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_commands_of_the_readme_exist(readme: str) -> None:
    targets = set(
        re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = set(
        re.findall(
            r"(?:^|`)make ([a-z]+)", (ROOT / readme).read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    assert {"demo", "test"} <= named
    assert named - targets == set()


@pytest.mark.parametrize(
    "page", ["ARCHITECTURE.md", "GLOSSARY.md", "CONTRIBUTING.md", "CHANGELOG.md"]
)
def test_the_pages_of_a_newcomer_link_to_files_that_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [link for link in links if not (ROOT / link).exists()] == []
    assert text.startswith("# ")

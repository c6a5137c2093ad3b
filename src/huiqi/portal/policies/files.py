"""A policy folder as a value: paths and texts, with one digest; from a folder, from a zip, and back.

Pure: no database. A frozen folder holds the text files that the rulebook reads and nothing else.
"""

import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from huiqi.rulebook.problems import Problem

Files = Mapping[str, str]
"""Path inside the folder, with `/`, to text."""

KINDS = frozenset({".yaml", ".csv", ".md"})
MOST_FILES = 600
MOST_FILE = 2 * 1024 * 1024
MOST_ALL = 8 * 1024 * 1024
MOST_ZIP = 8 * 1024 * 1024
MOST_PATH = 160
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
BACKDROPS = {"vocabulary": "词汇表", "reference": "基础数据"}
"""Folders that are released like policies but are none, and what people call them."""
IGNORED = re.compile(r"(?:^|/)(?:__MACOSX|\.[^./][^/]*|Thumbs\.db|desktop\.ini)(?:/|$)")


def plain_number(number: str) -> str:
    """A 文号 without what differs between prints: blanks and the kind of brackets."""
    return re.sub(r"[\s\[\]（）()〔〕【】]", "", number)


def read_folder(folder: Path) -> dict[str, str]:
    """The text files of a folder, by path, in order."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in KINDS and not _hidden(path.relative_to(folder))
    }


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def write_folder(files: Files, folder: Path) -> None:
    """Writes frozen files below a folder; the paths were checked when they were frozen."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def digest(files: Files) -> str:
    """SHA-256 over paths and texts, whatever their order."""
    return sha256(
        json.dumps(dict(files), ensure_ascii=False, sort_keys=True).encode("utf-8")
    ).hexdigest()


def digest_of(parts: Mapping[str, str]) -> str:
    """One digest over several folders, each by its own."""
    listed = "\n".join(f"{name} {part}" for name, part in sorted(parts.items()))
    return sha256(listed.encode("utf-8")).hexdigest()


def bad_path(name: str) -> str:
    """Why a path may not stand in a policy folder; empty where it may."""
    path = PurePosixPath(name)
    if not name or len(name) > MOST_PATH:
        return "路径是空的或者太长"
    if "\\" in name or "\x00" in name or ":" in name or path.is_absolute():
        return "路径不在政策目录里"
    if any(part in ("..", ".") for part in name.split("/")) or "//" in name:
        return "路径指到了政策目录外面"
    if any(unicodedata.category(sign).startswith("C") for sign in name):
        return "路径里有看不见的字符"
    if path.suffix not in KINDS:
        return f"不是政策文件（只收 {'、'.join(sorted(KINDS))}）"
    return ""


def read_zip(upload: BinaryIO, slug: str) -> tuple[dict[str, str], list[Problem]]:
    """The files of an uploaded zip: the policy folder itself, or that folder inside one.

    Sizes are counted while unpacking, never believed; nothing is written to the disk.
    """
    data = upload.read(MOST_ZIP + 1)
    if len(data) > MOST_ZIP:
        return {}, [_refused("zip-too-large", f"压缩包超过 {MOST_ZIP >> 20} MB", "只装政策文件")]
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _unpack(archive, slug)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        return {}, [
            _refused("zip-bad", "压缩包打不开（损坏、加密或者不是 ZIP）", "重新压缩成普通 ZIP")
        ]


def _unpack(archive: zipfile.ZipFile, slug: str) -> tuple[dict[str, str], list[Problem]]:
    entries = [item for item in archive.infolist() if not item.is_dir()]
    if len(entries) > MOST_FILES:
        return {}, [
            _refused("zip-many", f"压缩包里有 {len(entries)} 个文件，太多了", "只装政策文件")
        ]
    names = {item: _name(item) for item in entries}
    kept = [item for item in entries if not IGNORED.search(names[item])]
    top = _common_top([names[item] for item in kept], slug)
    files: dict[str, str] = {}
    problems: list[Problem] = []
    left = MOST_ALL
    for item in kept:
        name = names[item].removeprefix(top)
        if why := bad_path(names[item]) or bad_path(name):
            problems.append(_refused("zip-path", f"“{names[item]}”：{why}", "从压缩包里去掉", name))
            continue
        if name in files:
            problems.append(_refused("zip-twice", f"“{name}”出现了两次", "只留一份", name))
            continue
        with archive.open(item) as stream:
            raw = stream.read(min(MOST_FILE, left) + 1)
        if len(raw) > min(MOST_FILE, left):
            remedy = f"单个文件不超过 {MOST_FILE >> 20} MB，合计不超过 {MOST_ALL >> 20} MB"
            return {}, [_refused("zip-bomb", f"“{name}”解压后太大", remedy, name)]
        left -= len(raw)
        text, problem = decoded(raw, name)
        if problem is not None:
            problems.append(problem)
        else:
            files[name] = text
    if not files and not problems:
        problems.append(_refused("zip-empty", "压缩包里没有政策文件", "装入 policy.yaml 等文件"))
    return dict(sorted(files.items())), problems


def _name(item: zipfile.ZipInfo) -> str:
    """The name as its maker meant it: old Windows zips keep GBK bytes without saying so."""
    if item.flag_bits & 0x800:
        return item.filename
    try:
        raw = item.filename.encode("cp437")
    except UnicodeEncodeError:
        return item.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return item.filename


def _common_top(names: Iterable[str], slug: str) -> str:
    """The one folder that holds everything, where the zip was made of the folder itself."""
    tops = {name.split("/", 1)[0] if "/" in name else "" for name in names}
    inner = {"supports", "cases"}
    top = tops.pop() if len(tops) == 1 else ""
    return f"{top}/" if top and (top == slug or top not in inner) else ""


def decoded(raw: bytes, name: str) -> tuple[str, Problem | None]:
    """A policy file's text: UTF-8 with ordinary line ends."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "", _refused("not-utf8", "文件不是 UTF-8 编码", "用 UTF-8 另存一次", name)
    return text.replace("\r\n", "\n").replace("\r", "\n"), None


def _refused(code: str, message: str, remedy: str, file: str = "") -> Problem:
    return Problem(code, message, remedy, file=file)

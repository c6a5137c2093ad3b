"""Which document an argument means: a policy of the library, a folder of its own, or a text file."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from huiqi.cli.options import open_library
from huiqi.cli.problems import count_words, show_problems
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Screen
from huiqi.reading import Reading, read
from huiqi.rulebook.library.loader import NOT_POLICIES, load
from huiqi.rulebook.library.policy import Library, Policy
from huiqi.rulebook.problems import errors, suggest


@dataclass(frozen=True, slots=True)
class Named:
    """A document that somebody named on the command line. `folder` is where decisions are kept."""

    policy: Policy | None
    folder: Path | None
    reading: Reading | None
    library: Library | None

    @property
    def short(self) -> str:
        if self.policy is not None:
            return self.policy.short
        assert self.reading is not None
        return self.reading.document.number or self.reading.document.title or self.reading.name


def named(word: str, root: Path, screen: Screen, text: Path | None = None) -> Named:
    """The document of an argument: an id or 文号, a policy folder, or a file that is read.

    `ID=文件` joins a folder with its text. A folder outside ``root`` is loaded with the vocabulary of
    ``root``; errors in its files refuse, as everywhere.
    """
    if text is None and "=" in word and not Path(word).exists():
        word, _, file = word.partition("=")
        text = Path(file)
    path = Path(word)
    if path.is_file():
        if text is not None:
            raise Refusal(f"“{word}”已经是文本，不用再给文本", "政策写编号或者目录，文本用 --text")
        return Named(None, None, open_text(path, screen), None)
    reading = open_text(text, screen) if text is not None else None
    if (path / "policy.yaml").is_file():
        library = _alone(path, root, screen)
        return Named(library.policies[0], path, reading, library)
    library = open_library(root, screen)
    for policy in library.policies:
        if word in (policy.id, policy.number):
            return Named(policy, root / policy.id, reading, library)
    if path.is_dir():
        raise Refusal(f"目录“{word}”里没有 policy.yaml", "写政策目录，或者政策编号")
    names = [name for policy in library.policies for name in (policy.id, policy.number) if name]
    remedy = suggest(word, names) or f"可写：{'、'.join(library.by_id)}，政策目录，或者文本文件"
    raise Refusal(f"没有文件“{word}”", remedy)


def open_text(path: Path, screen: Screen) -> Reading:
    """The reading of a text; a refusal where it can't be read."""
    reading = read(path)
    if errors(reading.problems):
        raise Refusal(
            f"“{path.name}”读不成：{reading.problems[0].message}",
            reading.problems[0].remedy,
            reading.problems,
            Code.FOUND,
        )
    if reading.problems and not screen.as_json:
        show_problems(screen.err, reading.problems, None)
    return reading


def _alone(path: Path, root: Path, screen: Screen) -> Library:
    """The library of one policy folder; beside the vocabulary where it stands beside it."""
    with tempfile.TemporaryDirectory() as made:
        stage = Path(made)
        for name in NOT_POLICIES:
            if (root / name).is_dir():
                shutil.copytree(root / name, stage / name)
        id_ = path.resolve().name
        shutil.copytree(path, stage / id_)
        library, problems = load(stage)
    if errors(problems) or not library.policies:
        raise Refusal(
            f"政策文件有{count_words(problems)}，先改正",
            "huiqi check 列出每一处",
            problems,
            Code.FOUND,
            path.parent,
        )
    if problems and not screen.as_json:
        show_problems(screen.err, problems, path.parent)
    return library

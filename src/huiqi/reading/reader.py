"""From a file to a `Reading`: extract, clean, outline, then clauses, targets, supports, accounting."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from huiqi.reading.clauses import read_clauses
from huiqi.reading.clean import clean
from huiqi.reading.document import read_document
from huiqi.reading.extract import LARGEST_FILE, extract
from huiqi.reading.fate import account, cover, is_policy
from huiqi.reading.figures import find_figures
from huiqi.reading.folding import depth
from huiqi.reading.outline import outline
from huiqi.reading.supports import Supports
from huiqi.reading.targets import Targets
from huiqi.reading.values import Reading
from huiqi.rulebook.language.source import reason_of
from huiqi.rulebook.problems import Problem, errors


def read(source: str | Path | bytes, name: str = "") -> Reading:
    """Read one document from a path or from its bytes.

    Never raises for a bad file: `Reading.problems` says what is wrong, and with an error there
    nothing else is filled in.
    """
    if isinstance(source, bytes):
        data = source
    else:
        path = Path(source)
        name = name or path.name
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)  # one byte more is enough to refuse it
        except OSError as error:
            return _refused(
                Problem(
                    "read-open",
                    f"打不开文件：{reason_of(error)}",
                    "请检查路径和权限",
                    file=name,
                ),
                name,
            )
    extracted = extract(data, name)
    if errors(extracted.problems):
        return Reading(name, problems=extracted.problems)
    cleaned = clean(extracted.lines)
    tree = outline(cleaned)
    clauses = read_clauses(cleaned, tree)
    frame = read_document(cleaned, tree, extracted.title)
    inside = depth(cleaned.shadow)
    figures = find_figures(cleaned.shadow)
    supports = Supports(cleaned.text, cleaned.shadow, inside, figures)
    for clause in clauses:
        supports.read(clause, clause.spans)
    given = supports.result()
    document = frame.document
    year = int(document.issued_on[:4]) if document.issued_on else _year(document.number)
    targets = Targets(
        cleaned.text,
        cleaned.shadow,
        inside,
        figures,
        given.roles,
        document.attachment_title or document.title,
        year,
    )
    for clause in clauses:
        targets.read(clause, clause.spans)
    aims = targets.result()
    if not is_policy(cleaned, tree, clauses, document):
        return _refused(
            Problem(
                "read-not-policy",
                "看不出这是一份政策文件：没有文号、公文标题，也没有分条写明的措施",
                "请确认读入的是公文正文；如确是政策，请补上标题和编号后再读入",
                file=name,
            ),
            name,
        )
    fates = account(cleaned, tree, clauses, frame, figures, given, aims)
    return Reading(
        name,
        cleaned.text,
        frame.document,
        tuple(c.clause for c in clauses),
        targets=aims.targets,
        supports=given.supports,
        sentences=fates,
        coverage=cover(cleaned.text, fates),
        problems=(*extracted.problems, *tree.problems),
    )


def read_many(
    paths: Iterable[str | Path], on_progress: Callable[[int, int, str], None] | None = None
) -> Iterator[Reading]:
    """Read files one after the other; `on_progress(done, total, name)` is called after each."""
    listed = [Path(path) for path in paths]
    for done, path in enumerate(listed, start=1):
        reading = read(path)
        if on_progress is not None:
            on_progress(done, len(listed), reading.name)
        yield reading


def _year(number: str | None) -> int | None:
    """The year of a 文号."""
    found = re.search(r"(?:19|20)\d\d", number or "")
    return int(found[0]) if found else None


def _refused(problem: Problem, name: str) -> Reading:
    return Reading(name, problems=(problem,))

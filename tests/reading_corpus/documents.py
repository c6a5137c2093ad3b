"""Where the documents of this corpus stand."""

import re
from pathlib import Path
from typing import Any

from tests.reading_corpus.scoring import load_labels

HERE = Path(__file__).resolve().parent
OPEN = sorted(folder for folder in (HERE / "open").iterdir() if folder.is_dir())
HELD_OUT = sorted(folder for folder in (HERE / "held_out").iterdir() if folder.is_dir())


def labels_of(folder: Path) -> dict[str, Any]:
    """The labels of one document of the corpus."""
    return load_labels(folder)


def squeezed(text: str) -> str:
    """Text without any blank or line end, full-width digits as plain ones."""
    digits = {ord("０") + digit: str(digit) for digit in range(10)}
    return re.sub(r"\s", "", text).translate(digits)

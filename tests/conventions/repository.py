"""What the conventions look at: the files of the checkout, those not yet committed included."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The folder with the official texts, beside the checkout; the project works without it.
OFFICIAL_TEXTS = ROOT.parent / "shared" / "policies"


@cache
def files() -> tuple[Path, ...]:
    """Every file that git tracks or would track, as absolute paths in order."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    paths = {ROOT / name for name in listed.split("\0") if name}
    return tuple(sorted(path for path in paths if path.is_file()))


def files_under(*folders: str, suffix: str = "") -> list[Path]:
    """Those of ``files()`` inside the named folders of the root, by suffix where one is given."""
    homes = [ROOT / folder for folder in folders]
    return [
        path
        for path in files()
        if path.name.endswith(suffix) and any(home in path.parents for home in homes)
    ]


@cache
def texts() -> dict[str, str]:
    """Path within the checkout -> contents, for every file that is UTF-8 text."""
    found: dict[str, str] = {}
    for path in files():
        data = path.read_bytes()
        if b"\0" in data:
            continue
        try:
            found[path.relative_to(ROOT).as_posix()] = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
    return found

"""Where the policies are: beside the package in an installed huiqi, at the root of a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]


def policies_folder() -> Path:
    """The folder of the packaged policies.

    A wheel carries them as `huiqi/_policies`; an editable install reads `policies/` at the root of
    the checkout. The folder may be missing; :func:`huiqi.rulebook.library.loader.load` then says so.
    """
    carried = PACKAGE / "_policies"
    return carried if carried.is_dir() else PACKAGE.parents[1] / "policies"

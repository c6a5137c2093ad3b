"""What a signature vouches for, as a digest of exactly that; which signatures a release still needs."""

import json
from hashlib import sha256

from huiqi.portal.policies.enums import Signed
from huiqi.portal.policies.files import BACKDROPS
from huiqi.portal.policies.models import Release
from huiqi.rulebook.language.source import Entries, Items, Node, Scalar, parse_yaml


def needed(release: Release) -> tuple[Signed, ...]:
    """Boundary cases and interpretations of a policy; the vocabulary has neither."""
    if release.slug in BACKDROPS:
        return ()
    has_cases = any(path.startswith("cases/") for path in release.files)
    asked = (Signed.CASES,) if has_cases else ()
    return (*asked, Signed.INTERPRETATIONS) if interpretations(release) else asked


def missing(release: Release) -> tuple[Signed, ...]:
    """Signatures that are needed and not there for the present content."""
    held = set(release.signatures.values_list("what", "digest"))
    return tuple(what for what in needed(release) if (what, digest_of(release, what)) not in held)


def digest_of(release: Release, what: Signed) -> str:
    """SHA-256 over the content that this signature is about.

    Cases are sealed with the rules they hold for: a changed rule needs a new signature.
    """
    if what is Signed.INTERPRETATIONS:
        return _digest(interpretations(release))
    if what is Signed.CASES:
        read = ("cases/", "supports/")
        return _digest([(p, text) for p, text in release.files.items() if p.startswith(read)])
    return release.digest


def _digest(content: object) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return sha256(text.encode("utf-8")).hexdigest()


def interpretations(release: Release) -> list[dict[str, str]]:
    """Every question that was decided, with where it stands, in the order of the files."""
    out: list[dict[str, str]] = []
    for path in sorted(release.files):
        if path.endswith(".yaml") and not path.startswith("cases/"):
            node, _ = parse_yaml(release.files[path], path)
            if node is not None:
                _collect(node, path, "", out)
    return out


def _collect(node: Node, file: str, name: str, out: list[dict[str, str]]) -> None:
    """``name`` is the innermost thing with a number that the node stands in."""
    if isinstance(node, Items):
        for item in node.items:
            _collect(item, file, name, out)
    if not isinstance(node, Entries):
        return
    number = node.entries.get("编号")
    inner = number.text if isinstance(number, Scalar) else name
    for key, value in node.entries.items():
        if key == "解释" and isinstance(value, Items):
            out += [{"在": f"{file} {inner}", **_texts(item)} for item in value.items]
        else:
            _collect(value, file, inner, out)


def _texts(node: Node) -> dict[str, str]:
    if not isinstance(node, Entries):
        return {}
    return {key: item.text for key, item in node.entries.items() if isinstance(item, Scalar)}

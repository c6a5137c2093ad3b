"""Request bodies as JSON, exactly: no number becomes a float, no key is written twice."""

import json
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

DEEPEST = 12


class Exact(Parser):
    """Decimal numbers stay text; what JSON does not know, and nesting too deep, is refused."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            value = json.loads(
                request.body,
                parse_float=str,
                parse_constant=_refuse,
                object_pairs_hook=_once,
            )
        except RecursionError as error:
            raise ValueError("nested too deep") from error
        if _depth(value) > DEEPEST:
            raise ValueError("nested too deep")
        return value


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        raise ValueError("a key is written twice")
    return out


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        depth += 1
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below += item.values()
            elif isinstance(item, list):
                below += item
        level = below
    return depth

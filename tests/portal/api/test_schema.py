"""Whatever the OpenAPI schema allows, and what it does not, gets an answer of the declared shape."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache as limits
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from ninja import Schema
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import huiqi.portal.api
from huiqi.portal.api.root import api
from huiqi.portal.wsgi import application
from tests.portal.api.conftest import Filled

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
HOLDERS = {
    "/api/v1/enterprises": "officer",
    "/api/v1/matching": "officer",
    "/api/v1/own": "owner",
    "/api/v1/audit": "auditor",
    "/api/v1/corrections": "officer",
    "/api/v1/imports": "officer",
}
PATHS = sorted(
    (path, method.upper())
    for path, item in api.get_openapi_schema()["paths"].items()
    for method in item
)


@pytest.fixture
def database(db: None) -> Iterator[None]:
    """The test's own connection, which the application would close at each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@cache
def schema() -> Any:
    """What the application says of itself, asked once."""
    return schemathesis.openapi.from_wsgi("/api/openapi.json", application)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), PATHS)
def test_every_operation_answers_as_declared(
    path: str, method: str, mode: GenerationMode, database: None, filled: Filled
) -> None:
    operation = schema()[path][method]
    who = next((who for start, who in HOLDERS.items() if path.startswith(start)), "")
    headers = {"Authorization": f"Bearer {filled.keys[who]}"} if who else {}

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def walk(case: Any) -> None:
        limits.clear()
        if case.path_parameters and "code" in case.path_parameters:
            case.path_parameters["code"] = filled.code
        case.call_and_validate(checks=CHECKS, headers=headers)

    try:
        walk()
    except Unsatisfiable:
        # Any text is a right value of a path: nothing can be wrong with such a request.
        assert mode is GenerationMode.NEGATIVE
        assert not operation.query
        assert not operation.body


def test_no_two_shapes_share_a_name() -> None:
    """In the document the later one would silently take the place of the earlier one."""
    shapes = [
        (value.__module__, value.__name__)
        for part in iter_modules(huiqi.portal.api.__path__)
        for value in vars(import_module(f"huiqi.portal.api.{part.name}")).values()
        if isinstance(value, type) and issubclass(value, Schema) and "[" not in value.__name__
    ]
    names = [name for _, name in set(shapes)]
    assert sorted(names) == sorted(set(names))

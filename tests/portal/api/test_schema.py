"""Whatever the OpenAPI schema allows, and what it does not, gets an answer of the declared shape."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from huiqi.portal.api.root import api
from huiqi.portal.wsgi import application

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
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


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), PATHS)
def test_every_operation_answers_as_declared(
    path: str, method: str, mode: GenerationMode, database: None
) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application)
    operation = schema[path][method]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def walk(case: Any) -> None:
        cache.clear()
        case.call_and_validate(checks=CHECKS)

    try:
        walk()
    except Unsatisfiable:
        # Any text is a right value of a path: nothing can be wrong with such a request.
        assert mode is GenerationMode.NEGATIVE
        assert not operation.query and not operation.body

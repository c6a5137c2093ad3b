"""Settings that every test shares: how hard Hypothesis tries, and how a database is emptied.

`default` is small and repeats itself exactly, so that a red run is red for everybody. `deep`, chosen
by `make generative`, looks for what nobody thought of: many examples, new ones each time.
"""

import gc
import os
from collections.abc import Callable
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from huiqi.rulebook.language import source
from huiqi.rulebook.problems import Problem

Read = tuple[source.Node | None, list[Problem]]

# A busy machine is slow; a time limit or the health check for slow data would then fail good code.
settings.register_profile(
    "default",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "deep",
    max_examples=3000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "default")
settings.load_profile(PROFILE)
if PROFILE == "default":
    # Hypothesis also draws constants out of the modules that are imported at the moment, which differ
    # from worker to worker and with every edit: then no run would repeat another.
    providers.is_local_module_file = lambda path: False

# Looking for garbage took a fifth of all time: thousands of tests and modules, again and again.
gc.set_threshold(100_000, 20, 20)


def _remembering(read: Callable[[str, str], Read]) -> Callable[[str, str], Read]:
    """The same, each text read once: tests load the same libraries again and again. Nobody changes a
    node; problems are handed out as a list of one's own."""
    kept = lru_cache(1024)(read)

    def parsed(text: str, name: str) -> Read:
        node, problems = kept(text, name)
        return node, list(problems)

    return parsed


source.parse_yaml = _remembering(source.parse_yaml)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests begin first: begun last, one would keep a core while others stand idle."""
    files = {item.path for item in items if item.get_closest_marker("slow") is not None}
    items.sort(key=lambda item: item.path not in files)


def pytest_collection_finish() -> None:
    """What stands until the end is looked through for garbage no more."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """The test database, emptied between tests although the audit refuses to lose a row."""
    from django.db import connection

    from tests.emptying import flush_without_refusals

    connection.ops.execute_sql_flush = flush_without_refusals(connection)

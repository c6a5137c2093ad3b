"""Several ask at once, one makes."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from huiqi.rulebook.bulk.once import Once


def test_a_value_is_made_once_however_many_ask_for_it_together() -> None:
    once: Once[str, list[str]] = Once()
    asked, made = Barrier(4), []

    def make() -> list[str]:
        made.append("made")
        return made

    def ask(number: int) -> list[str]:
        asked.wait()
        return once.of("key", make)

    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(ask, range(4)))
    assert given == [["made"]] * 4


def test_what_could_not_be_made_is_remembered_too() -> None:
    once: Once[str, str | None] = Once()
    made = iter([None, "again"])
    assert [once.of("key", lambda: next(made)) for _ in range(2)] == [None, None]

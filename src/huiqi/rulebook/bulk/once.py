"""What several workers need alike is made by the first that asks for it."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Once(Generic[Key, Made]):
    """A store that makes each of its values once; who asks for one in the making waits for it."""

    def __init__(self) -> None:
        self._made: dict[Key, Made] = {}
        self._making = Lock()

    def of(self, key: Key, make: Callable[[], Made]) -> Made:
        """The value of a key, made where it is missing."""
        if key not in self._made:
            with self._making:
                if key not in self._made:
                    self._made[key] = make()
        return self._made[key]

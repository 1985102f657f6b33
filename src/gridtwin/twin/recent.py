"""Keep the last few things that were worked out."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from cachetools import LRUCache

Kept = TypeVar("Kept")

KEPT = 8


class Recent(Generic[Kept]):
    """The last few things that were worked out; threads may share it."""

    def __init__(self) -> None:
        from cachetools import LRUCache

        self._lock = Lock()
        self._kept: LRUCache[Hashable, Kept] = LRUCache(KEPT)

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return what is kept under a key, made if it is not there."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            return self._kept[key]

"""Keep the last few things that were worked out."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from cachetools import LRUCache

Cached = TypeVar("Cached")

MOST_RECENT = 8


class RecentCache(Generic[Cached]):
    """The last few things that were worked out, at most `most`; threads may share it."""

    def __init__(self, most: int = MOST_RECENT) -> None:
        from cachetools import LRUCache

        self._lock = Lock()
        self._kept: LRUCache[Hashable, Cached] = LRUCache(most)

    def get_or_make(self, key: Hashable, make: Callable[[], Cached]) -> Cached:
        """Return what is kept under a key, made if it is not there."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            return self._kept[key]

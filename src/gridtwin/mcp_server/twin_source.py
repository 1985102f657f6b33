"""Say which twin is asked: opened again when another network has taken its place."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from gridtwin.errors import StaleTwinError
from gridtwin.store.held_connections import hold_connections
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.twin import open_twin

if TYPE_CHECKING:
    from collections.abc import Callable

    TwinSource = Callable[[], SharedTwin]  # the twin as it is to be asked now


Told = TypeVar("Told")


class FollowedTwin:
    """The twin at an address, guarded as `open_twin` says; StoreError if it cannot be opened."""

    def __init__(self, target: str, *, guarded: bool = False) -> None:
        self._target = target
        self._guarded = guarded
        self._lock = Lock()
        self._shared = SharedTwin(open_twin(target, guarded=guarded))

    def __call__(self) -> SharedTwin:
        """Return the twin, opened again if it has been since it proved stale."""
        return self._shared

    def renew(self, stale: SharedTwin) -> SharedTwin:
        """Open the twin again, unless somebody has since."""
        with self._lock:
            if self._shared is stale:
                self._shared = SharedTwin(open_twin(self._target, guarded=self._guarded))
            return self._shared


@hold_connections()
def ask_followed(source: TwinSource, ask: Callable[[SharedTwin], Told]) -> Told:
    """Ask the twin of a source; once more where another network has taken its place."""
    shared = source()
    try:
        return ask(shared)
    except StaleTwinError:
        if not isinstance(source, FollowedTwin):
            raise
        return ask(source.renew(shared))

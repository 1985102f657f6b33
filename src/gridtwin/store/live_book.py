"""Say what every store can do for live operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from gridtwin.model.live import Alert, EventDeadLetter, LiveEvent


class LiveBook(Protocol):
    """What live operations have taken in, how far they have come, and what they are to tell."""

    def acquire_lock(self) -> AbstractContextManager[Callable[[], None]]:
        """
        Keep other processes from live operations of the twin until it is left, or this one ends.

        Gives what refuses, as StoreError, if the lock was lost meanwhile.

        Raises
        ------
        StoreError
            If another process does them now.
        """
        ...

    def store_events(
        self,
        events: Sequence[LiveEvent],
        letters: Sequence[EventDeadLetter] = (),
        places: Mapping[str, int] | None = None,
        *,
        done: Collection[str] = (),
    ) -> int:
        """
        Keep what came, and how far it was read: all of it or nothing.

        Parameters
        ----------
        events
            The events; one of a known id changes nothing.
        letters
            The messages that cannot be used.
        places
            Where the next message of each source stands.
        done
            Kinds of events that nothing has to be carried out for.

        Returns
        -------
            How many of the events were new.
        """
        ...

    def read_offsets(self) -> dict[str, int]:
        """Return how far each source was read: where its next message stands."""
        ...

    def list_events(self, since_s: float) -> list[LiveEvent]:
        """Return the events since a time, by time."""
        ...

    def list_open_events(self) -> list[LiveEvent]:
        """Return the events that are not carried out yet, by time."""
        ...

    def mark_event_done(self, event: str, letters: Sequence[EventDeadLetter] = ()) -> None:
        """Write down that an event was carried out, or why it cannot be."""
        ...

    def list_dead_letters(self) -> list[EventDeadLetter]:
        """Return the messages that cannot be used."""
        ...

    def list_unpublished_alerts(self, limit: int) -> list[Alert]:
        """
        Return alerts that were not told yet, oldest first.

        Whoever changes an outage or its estimate, the alert is written in the same transaction.
        """
        ...

    def mark_alerts_published(self, alerts: Collection[str]) -> None:
        """Write down that alerts were told."""
        ...

    def forget_before(self, before_s: float) -> None:
        """Forget the events and the alerts before a time."""
        ...

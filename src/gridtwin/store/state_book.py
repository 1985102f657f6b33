"""Say what every store can do for switch states, their log, overlays and trace specs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gridtwin.model.state import State, SwitchEvent


class StateBook(Protocol):
    """The switch states of a twin: normal, current, and overlays by name."""

    def read_state(self, name: str = "current") -> State:
        """
        Return a state by name.

        Raises
        ------
        NotFoundError
            If no state has that name, with the closest there are.
        StoreError
            If the store holds another network than when it was opened.
        """
        ...

    def list_names(self) -> list[str]:
        """Return the names of the states there are: normal, current, then the overlays."""
        ...

    def operate(
        self,
        mrid: str,
        open_phases: str,
        *,
        poles: str = "",
        actor: str = "",
        at: datetime | None = None,
        request: str = "",
        only_latest: bool = False,
    ) -> State:
        """
        Move poles of one piece of equipment, and log it.

        Parameters
        ----------
        mrid
            The equipment.
        open_phases
            The phases that stand open afterwards, of those that move; an empty text closes all.
        poles
            The phases that move; the others stay as they are. All by default.
        actor
            Who operated, for the log.
        at
            When; now by default and at the latest, and never before the last operation of the same
            equipment.
        request
            An id of the caller's: one that was carried out already changes nothing.
        only_latest
            Whether nothing is changed where the equipment was operated after `at`: it was told
            late.

        Returns
        -------
            The current state afterwards, one version on; of a database, later still where the
            connection was lost while committing and others operated before it was back.

        Raises
        ------
        NotFoundError
            If there is no such equipment; nothing is written.
        InputError
            If it has no such phase; nothing is written.
        StoreError
            If the store cannot be written; nothing is.
        """
        ...

    def list_events(self, since: int = 0) -> list[SwitchEvent]:
        """Return the operations after a version of the current state, oldest first."""
        ...

    def list_operations(self, start: datetime, end: datetime) -> list[SwitchEvent]:
        """Return the operations after one moment and until another, by time, then version."""
        ...

    def read_past_state(self, when: datetime) -> State:
        """
        Return the current state as it was at a moment.

        A piece of equipment stood as its last operation until then left it, else as its first one
        afterwards found it, else as it stands now.
        """
        ...

    def wait_for_version(self, since: int, *, timeout_s: float) -> bool:
        """
        Return whether the current state has moved past a version, waiting for it.

        Parameters
        ----------
        since
            The version.
        timeout_s
            Seconds to wait at most; 0 only looks.
        """
        ...

    def save_overlay(self, name: str, deviations: Mapping[str, str]) -> None:
        """
        Keep a state under a name of its own.

        Parameters
        ----------
        name
            What it is called; an overlay of that name is replaced.
        deviations
            mRID to the phases that stand open, for all that differs from the design.

        Raises
        ------
        NotFoundError
            If it names equipment that is not there; nothing is written.
        InputError
            If equipment has no such phase, or the name is taken; nothing is written.
        """
        ...

    def drop_overlay(self, name: str) -> None:
        """Forget an overlay; NotFoundError if there is none of that name."""
        ...


class SpecBook(Protocol):
    """The trace specs of a twin, by name."""

    def save_spec(self, name: str, text: str) -> None:
        """Keep a trace spec, as JSON, in place of any of that name."""
        ...

    def read_spec(self, name: str) -> str:
        """Return a trace spec by name; NotFoundError, with close matches, if there is none."""
        ...

    def list_names(self) -> list[str]:
        """Return the names of the trace specs kept, sorted."""
        ...

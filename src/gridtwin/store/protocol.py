"""Say what every store of a twin can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.model.network import Network
    from gridtwin.model.state import State, SwitchEvent
    from gridtwin.topology.index import TopologyIndex


class Store(Protocol):
    """Where a twin is kept; every method that writes has written when it returns."""

    @property
    def network(self) -> Network:
        """The network."""
        ...

    def index(self) -> TopologyIndex:
        """Return the topology of the normal state."""
        ...

    def state(self, name: str = "current") -> State:
        """
        Return a state by name.

        Raises
        ------
        NotFoundError
            If no state has that name.
        """
        ...

    def states(self) -> list[str]:
        """Return the names of the states there are: normal, current, then the overlays."""
        ...

    def operate(self, mrid: str, open_phases: str, *, poles: str = "", actor: str = "") -> State:
        """
        Move poles of one piece of equipment.

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

        Returns
        -------
            The current state afterwards, one version on.

        Raises
        ------
        NotFoundError
            If there is no such equipment; nothing is written.
        InputError
            If it has no such phase; nothing is written.
        """
        ...

    def events(self, since: int = 0) -> list[SwitchEvent]:
        """Return the operations after a version of the current state, oldest first."""
        ...

    def wait(self, since: int, *, timeout_s: float) -> bool:
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
        """
        ...

    def drop_overlay(self, name: str) -> None:
        """Forget an overlay."""
        ...

    def save_spec(self, name: str, text: str) -> None:
        """Keep a trace spec, as JSON, under a name."""
        ...

    def spec(self, name: str) -> str:
        """Return a trace spec by name."""
        ...

    def spec_names(self) -> list[str]:
        """Return the names of the trace specs kept."""
        ...

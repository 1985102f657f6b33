"""What a store brings with it when another edition takes the place of its network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gridtwin.model.findings import Acceptance
    from gridtwin.model.network import Network
    from gridtwin.model.network_loads import NetworkLoad
    from gridtwin.model.outage import Change, Members, Outage
    from gridtwin.model.state import State
    from gridtwin.topology.topology_index import TopologyIndex

    WasThere = Callable[[Collection[str]], Collection[str]]
    Carry = Callable[["StandingRecords", WasThere], "CarriedRecords"]


class StandingRecords(NamedTuple):
    """What a store holds that refers to elements by their mRIDs, and is not over."""

    states: tuple[State, ...]  # current first, then the overlays
    outages: tuple[Outage, ...]  # the open ones
    members: Members  # all who are in these, back or not
    accepted: tuple[Acceptance, ...] = ()  # findings


class CarriedRecords(NamedTuple):
    """The same as it is of the new edition."""

    states: tuple[State, ...]
    changes: tuple[Change, ...]  # of outages that lost what they refer to


@dataclass(frozen=True, slots=True)
class NewEdition:
    """
    An edition of a network that is to take the place of another.

    Attributes
    ----------
    network, index
        The network, its rows in the order of the former one where they were there; and its topology
        in the normal state.
    load
        The load that brings it.
    carry
        Returns what becomes of what the store holds, given what says which of some mRIDs the
        former edition has; it is called in the transaction that writes.
    """

    network: Network
    index: TopologyIndex
    load: NetworkLoad
    carry: Carry

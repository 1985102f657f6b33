"""Keep the last few states of a twin resolved, each with its topology; threads may share them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.situation import Situation
from gridtwin.model.state import CURRENT
from gridtwin.topology.conduction import SupplyRules
from gridtwin.topology.index_updates import update_index
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    from gridtwin.model.state import State
    from gridtwin.store.protocol import Store

MOST_SITUATIONS = 4


class SituationCache:
    """The network of a store in its states; what is kept never outlives a change of the state."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = RLock()  # one thread resolves a state; who else wants it waits for it
        self._kept: OrderedDict[tuple[str, int, SupplyRules], Situation] = OrderedDict()
        self._deviations: dict[tuple[str, int, SupplyRules], dict[str, str]] = {}

    def resolve_state(self, state: str = CURRENT, rules: SupplyRules | None = None) -> Situation:
        """Return the network in a state, with its topology index."""
        rules = rules or SupplyRules()
        resolved = self._store.states.read_state(state)
        key = (state, resolved.version, rules)
        with self._lock:
            situation = self._kept.get(key)
            if situation is None or self._deviations[key] != dict(resolved.deviations):
                situation = self._build_situation(resolved, rules)
                self._kept[key] = situation
                self._deviations[key] = dict(resolved.deviations)
                while len(self._kept) > MOST_SITUATIONS:
                    old, _ = self._kept.popitem(last=False)
                    self._deviations.pop(old, None)
            self._kept.move_to_end(key)
            return situation

    def resolve_unnamed(self, state: State, rules: SupplyRules | None = None) -> Situation:
        """Return the network in a state that nobody asks for by name; it is not kept."""
        with self._lock:
            return self._build_situation(state, rules or SupplyRules())

    def _build_situation(self, state: State, rules: SupplyRules) -> Situation:
        """Return a situation, from the normal one by its operations where that is enough."""
        network = self._store.network
        for key, same in self._kept.items():
            if key[2] == rules and self._deviations[key] == dict(state.deviations):
                return same.rename_state(state.name, state.version)
        mask = state.open_mask(network)
        if rules != SupplyRules():
            designed = self._store.read_index().designed if _shares_design(rules) else None
            index = build_index(network.data, mask, rules, designed=designed)
            return Situation(network, mask, index, rules, state.name, state.version)
        index = self._store.read_index()
        changed = np.flatnonzero(mask != network.data.equipment.normal_open)
        if len(changed):
            index = update_index(index, network.data, mask, changed)
        return Situation(network, mask, index, rules, state.name, state.version)


def _shares_design(rules: SupplyRules) -> bool:
    """Return whether nodes could have the same phases by these rules as by those of a store."""
    return rules.phase_policy != "ignore" and rules == replace(
        SupplyRules(), phases=rules.phases, phase_policy=rules.phase_policy
    )

"""Keep the last few states of a twin resolved, each with its topology."""

from __future__ import annotations

from collections import OrderedDict
from copy import copy
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.situation import Situation
from gridtwin.model.state import CURRENT, NORMAL
from gridtwin.topology.conduction import Rules
from gridtwin.topology.index import build
from gridtwin.topology.switching import follow

if TYPE_CHECKING:
    from gridtwin.model.state import State
    from gridtwin.store.protocol import Store

KEPT = 4


class Situations:
    """The network of a store in its states; what is kept never outlives a change of the state."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[str, int, Rules], Situation] = OrderedDict()
        self._deviations: dict[tuple[str, int, Rules], dict[str, str]] = {}

    def of(self, state: str = CURRENT, rules: Rules | None = None) -> Situation:
        """Return the network in a state, with its topology index."""
        rules = rules or Rules()
        resolved = self._store.state(state)
        key = (state, resolved.version, rules)
        if not resolved.deviations and state in {NORMAL, CURRENT}:
            key = (NORMAL, 0, rules)
        found = self._kept.get(key)
        if found is None or self._deviations.get(key) != dict(resolved.deviations):
            found = self._resolve(resolved, rules)
            self._kept[key] = found
            self._deviations[key] = dict(resolved.deviations)
            while len(self._kept) > KEPT:
                old, _ = self._kept.popitem(last=False)
                self._deviations.pop(old, None)
        self._kept.move_to_end(key)
        named = copy(found)  # a result keeps the name and version it was asked under
        named.state, named.version = state, resolved.version
        return named

    def _resolve(self, state: State, rules: Rules) -> Situation:
        """Return a situation, from the normal one by its operations where that is enough."""
        network = self._store.network
        mask = state.open_mask(network)
        if rules != Rules():
            return Situation(network, mask, build(network.data, mask, rules), rules)
        index = self._store.index()
        changed = np.flatnonzero(mask != network.data.equipment.normal_open)
        if len(changed):
            index = follow(index, network.data, mask, changed)
        return Situation(network, mask, index, rules)

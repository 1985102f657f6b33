"""Number the nodes that ends of equipment meet in, and give each a name and a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.sources.mapping.mapping_places import number_groups

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class NodeSlots:
    """
    Slots that ends are put into; slots that are joined become one node.

    A slot has a name where the source gives its node one, else it is named after an end there.
    """

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._count = 0
        self._pairs: list[NDArray[np.int64]] = []
        self._places: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []

    def __len__(self) -> int:
        """Return how many slots there are."""
        return self._count

    def name_slots(self, texts: pd.Series) -> NDArray[np.int64]:
        """Return the slot of each node id; -1 where it is empty."""
        codes, uniques = texts.factorize()
        slots = np.full(len(uniques) + 1, -1, dtype=np.int64)
        for code, name in enumerate(uniques):
            text = str(name).strip()
            if text:
                if text not in self._names:
                    self._names[text] = self.add_slots(1)
                slots[code] = self._names[text]
        return slots[codes]

    def add_slots(self, count: int) -> int:
        """Return the first of `count` new slots."""
        first, self._count = self._count, self._count + count
        return first

    def join_slots(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> None:
        """Make one node of each pair of slots; -1 joins nothing."""
        both = (first >= 0) & (second >= 0)
        self._pairs.append(np.column_stack([first[both], second[both]]))

    def place_slots(self, slots: NDArray[np.int64], xy: NDArray[np.float64]) -> None:
        """Give slots a place, unless they had one before; those of -1 and NaN say nothing."""
        told = (slots >= 0) & np.isfinite(xy).all(axis=1)
        self._places.append((slots[told], xy[told]))

    def find_places(self) -> NDArray[np.float64]:
        """Return the place of each slot, shape (n, 2); NaN where it has none."""
        xy = np.full((self._count, 2), np.nan)
        for slots, places in reversed(self._places):  # of several, the first given counts
            xy[slots[::-1]] = places[::-1]
        return xy

    def number_nodes(self, used: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the node of each slot; -1 where nothing of `used` is there, nor a name."""
        pairs = np.concatenate([np.empty((0, 2), np.int64), *self._pairs])
        groups = number_groups(self._count, pairs[:, 0], pairs[:, 1])
        wanted = np.concatenate([used[used >= 0], np.array([*self._names.values()], np.int64)])
        kept = np.unique(groups[wanted])
        return np.where(np.isin(groups, kept), np.searchsorted(kept, groups), -1)

    def name_nodes(
        self, nodes: NDArray[np.intp], ends: NDArray[np.int64], labels: NDArray[Any]
    ) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
        """
        Return the name of each node: the least id the source gives it, else its least end.

        And whether the source gives it.

        Parameters
        ----------
        nodes
            The node of each slot.
        ends, labels
            The slot of each end, and what a node may be called after it.
        """
        names = np.full(int(nodes.max()) + 1 if len(nodes) else 0, None, dtype=object)
        used = ends >= 0
        order = np.argsort(labels[used].astype(str), kind="stable")[::-1]
        names[nodes[ends[used][order]]] = labels[used][order]
        for name in sorted(self._names, reverse=True):
            names[nodes[self._names[name]]] = name
        is_given = np.zeros(len(names), dtype=np.bool_)
        is_given[nodes[np.array([*self._names.values()], np.int64)]] = True
        return names, is_given


def spread_places(
    xy: NDArray[np.float64], slot_a: NDArray[np.int64], slot_b: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return places where slots without any took that of a neighbor, nearest neighbors first."""
    xy = xy.copy()
    both = (slot_a >= 0) & (slot_b >= 0)
    first, second = slot_a[both], slot_b[both]
    while True:
        lost = np.isnan(xy[:, 0])
        to_a, to_b = lost[first] & ~lost[second], lost[second] & ~lost[first]
        if not (to_a.any() or to_b.any()):
            return xy
        xy[first[to_a]] = xy[second[to_a]]
        xy[second[to_b]] = xy[first[to_b]]

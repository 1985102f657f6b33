"""Hold one network: its tables, its coordinate system, and the frames they are seen as."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model import frames
from gridtwin.model.findings import LoadFindings
from gridtwin.model.ids import Ids, SortedIds
from gridtwin.model.lengths import with_lengths
from gridtwin.model.origins import make_origins
from gridtwin.model.own_columns import mark_searched
from gridtwin.model.tables import encode_texts, pick_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.model.frames import FrameMaker
    from gridtwin.model.network_loads import SourceReading
    from gridtwin.model.notices import Notice
    from gridtwin.model.origins import SourceRows
    from gridtwin.model.tables import NetworkData

NOTHING_LOADED = LoadFindings()


class Network:
    """
    A distribution network as columns.

    Parameters
    ----------
    data
        The six tables, valid by construction; outside data goes through `from_frames`.
    crs
        Coordinate system of every ``xy``: ``"EPSG:4326"``, or None for planar coordinates whose
        place on earth is not known.
    make_frame
        What turns columns into the frames that `nodes`, `equipment` and the others return.
    ids
        The rows of every mRID, where they have been sorted before.
    notices
        What the reader of outside data passed over, mended or took for granted. They are told when
        a network is read, and not kept in stores.
    operated
        How switches stand that stand otherwise than designed, by mRID: True for open, False for
        closed, or the phases that stand open. A twin of the network begins in that state; here it
        is not kept with the tables either.
    reading
        How it was read from outside data; None where it was not.
    loaded
        What a reader found row by row, and what was accepted of it; stores keep it.
    """

    def __init__(
        self,
        data: NetworkData,
        *,
        crs: str | None = frames.WGS84,
        make_frame: FrameMaker = frames.plain_frame,
        ids: Ids | None = None,
        notices: Sequence[Notice] = (),
        operated: Mapping[str, bool | str] | None = None,
        reading: SourceReading | None = None,
        loaded: LoadFindings = NOTHING_LOADED,
    ) -> None:
        self.data = data
        self.crs = crs
        self.notices = tuple(notices)
        self.operated = dict(operated or {})
        self.reading = reading
        self.loaded = loaded
        self._make_frame = make_frame
        if ids is not None:
            self.__dict__["ids"] = ids  # what the property would find by sorting

    @classmethod
    def from_frames(
        cls,
        *,
        nodes: Any,
        equipment: Any,
        usage_points: Any = None,
        sources: Any = None,
        substations: Any = None,
        feeders: Any = None,
        crs: str | None = None,
        where: str = "",
    ) -> Network:
        """
        Build a network from frames, after checking every rule of the model.

        Parameters
        ----------
        nodes, equipment, usage_points, sources, substations, feeders
            DataFrames, GeoDataFrames or mappings of columns, as `docs/data-model.md` lists them.
        crs
            Coordinate system of the geometries: anything pyproj understands, or ``"none"`` for
            planar coordinates. By default that of the GeoDataFrames given, else EPSG:4326.
        where
            Where the frames come from, for the message of an error.

        Returns
        -------
            The network, with its coordinates in EPSG:4326 unless they are planar. Its `notices`
            tell which columns were not read and what was mended.

        Raises
        ------
        NetworkError
            With every broken rule: frame, row, mRID and reason.
        CrsError
            If the coordinate system is unknown.
        """
        given = {
            "nodes": nodes,
            "equipment": equipment,
            "usage_points": usage_points,
            "sources": sources,
            "substations": substations,
            "feeders": feeders,
        }
        data, known_crs, notices = frames.read_frames(given, crs=crs, where=where)
        data = with_lengths(data) if known_crs else data
        return cls(data, crs=known_crs, notices=notices)

    def with_notices(self, notices: Sequence[Notice]) -> Network:
        """Return the same network with more that its reader has to tell."""
        return self._copy_with(notices=(*self.notices, *notices))

    def with_operated(self, operated: Mapping[str, bool | str]) -> Network:
        """Return the same network with what its reader tells of the current state."""
        return self._copy_with(operated=operated)

    def with_reading(self, reading: SourceReading) -> Network:
        """Return the same network, which says how it was read."""
        return self._copy_with(reading=reading)

    def with_origins(self, source: Mapping[str, SourceRows]) -> Network:
        """
        Return the same network, whose rows say which rows of the source they are made of.

        Parameters
        ----------
        source
            The rows of the source, by the frame they became a part of.
        """
        tables = {}
        for name, given in source.items():
            mrid = getattr(self.data, name).mrid
            names = encode_texts(given.mrid)
            if np.array_equal(names, mrid):
                rows = np.arange(len(mrid), dtype=np.int32)
            else:
                rows = SortedIds.from_mrids(names).find_rows(mrid)
            made = make_origins(mrid, given, rows)
            tables[name] = replace(getattr(self.data, name), origins=made)
        return self.with_data(replace(self.data, **tables))

    def with_data(self, data: NetworkData) -> Network:
        """Return the same network, its rows where they are, with other tables."""
        return self._copy_with(data=data)

    def with_loaded(self, loaded: LoadFindings) -> Network:
        """Return the same network with what its reader found, in place of what it had."""
        return self._copy_with(loaded=loaded)

    def with_searched(self, *names: str) -> Network:
        """
        Return the same network, whose elements are also found by what some own columns hold.

        Raises
        ------
        InputError
            If no frame has a column of a name.
        """
        return self._copy_with(data=mark_searched(self.data, names))

    def seen_as(self, make_frame: FrameMaker) -> Network:
        """Return the same network with its frames made by `make_frame`."""
        return self._copy_with(make_frame=make_frame)

    def reorder_rows(
        self,
        nodes: NDArray[np.int32],
        equipment: NDArray[np.int32],
        usage_points: NDArray[np.int32],
        feeders: NDArray[np.int32] | None = None,
    ) -> Network:
        """
        Return the same network with its rows in another order.

        Parameters
        ----------
        nodes, equipment, usage_points, feeders
            The old row that stands at each new row; permutations.
        """
        orders = {"nodes": nodes, "equipment": equipment, "usage_points": usage_points}
        if feeders is not None:
            orders["feeders"] = feeders
        return self._copy_with(data=pick_rows(self.data, orders), ids=None)

    def _copy_with(self, **changes: Any) -> Network:
        """Return the same network but for what is given."""
        same: dict[str, Any] = {
            "data": self.data,
            "crs": self.crs,
            "make_frame": self._make_frame,
            "ids": self.__dict__.get("ids"),
            "notices": self.notices,
            "operated": self.operated,
            "reading": self.reading,
            "loaded": self.loaded,
        }
        return Network(**same | changes)

    @cached_property
    def ids(self) -> Ids:
        """The rows of every mRID."""
        return Ids.from_network(self.data)

    @property
    def nodes(self) -> pd.DataFrame:
        """ConnectivityNodes: mrid, nominal_v, geometry."""
        return self._show_frame("nodes")

    @property
    def equipment(self) -> pd.DataFrame:
        """Conducting equipment, one row each, with its line from node to node."""
        return self._show_frame("equipment")

    @property
    def usage_points(self) -> pd.DataFrame:
        """Usage points: who is served where, on which phases."""
        return self._show_frame("usage_points")

    @property
    def sources(self) -> pd.DataFrame:
        """Energy sources."""
        return self._show_frame("sources")

    @property
    def substations(self) -> pd.DataFrame:
        """Substations."""
        return self._show_frame("substations")

    @property
    def feeders(self) -> pd.DataFrame:
        """Feeders and their head switches."""
        return self._show_frame("feeders")

    def _show_frame(self, name: str) -> pd.DataFrame:
        return self._make_frame(frames.show_frame(self.data, name), self.crs)

    def __repr__(self) -> str:
        """Return the sizes of the network."""
        data = self.data
        return (
            f"Network({len(data.nodes.mrid):,} nodes, {len(data.equipment.mrid):,} equipment, "
            f"{len(data.usage_points.mrid):,} usage points, {len(data.sources.mrid):,} sources, "
            f"{len(data.feeders.mrid):,} feeders)"
        )

"""Ask a twin: each question is joined here from what is stored and what is computed."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis import blast as blasting
from gridtwin.analysis.explain import Explanation, explain
from gridtwin.analysis.run import rules_of, run
from gridtwin.analysis.spec import KINDS, TraceSpec, spec_of
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model import cim
from gridtwin.model.ids import TABLES, Element
from gridtwin.model.state import CURRENT, NORMAL
from gridtwin.model.tables import decode
from gridtwin.situations import Situations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    import geopandas
    import networkx as nx
    import pandas as pd

    from gridtwin.analysis.indices import Counting
    from gridtwin.analysis.inference.likelihood import Assumptions
    from gridtwin.analysis.places import Places
    from gridtwin.analysis.quality import Report
    from gridtwin.analysis.situation import Situation
    from gridtwin.model.events import MeterEvents
    from gridtwin.publish.communities import Communities
    from gridtwin.publish.inference import InferenceResult, LiveInference
    from gridtwin.publish.odin import Publisher
    from gridtwin.publish.plans import SwitchingPlan
    from gridtwin.publish.reliability import ReliabilityReport
    from gridtwin.publish.results import BlastRadius, TraceResult
    from gridtwin.store.protocol import Store
    from gridtwin.topology.conduction import Rules


class Questions:
    """What is connected to what, who goes dark, and what lies where; nothing is written."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._situations = Situations(store)

    def situation(self, state: str = CURRENT, rules: Rules | None = None) -> Situation:
        """Return the network in a state, with its topology index; the last few are kept."""
        return self._situations.of(state, rules)

    def find(self, *mrids: str) -> list[Element]:
        """
        Return the elements that mRIDs name.

        Raises
        ------
        NotFoundError
            For the first that is not there, with close matches.
        """
        return [self.store.network.ids.find(mrid, TABLES) for mrid in mrids]

    def trace(
        self,
        kind: str | TraceSpec,
        *mrids: str,
        state: str = CURRENT,
        **options: Any,
    ) -> TraceResult:
        """
        Trace from elements.

        Parameters
        ----------
        kind
            ``downstream``, ``upstream``, ``connected``, ``feeder``, ``isolation``, ``protective``,
            ``path`` (between two elements), ``loops`` or ``ties``; or a whole `TraceSpec`; or the
            name of one saved with `save_spec`.
        mrids
            Equipment, nodes, usage points, feeders, substations or sources to begin at.
        state
            ``current``, ``normal``, or the name of an overlay.
        options
            Fields of `TraceSpec`, for example ``phases="A"`` or ``barriers=("SW-1",)``.

        Raises
        ------
        NotFoundError
            If an mRID or a state is not there.
        InputError
            If an option is not known.
        """
        from gridtwin.publish.results import TraceResult

        spec = self._spec(kind, options)
        elements = self.find(*mrids)
        if not elements or (spec.kind == "path" and len(elements) != 2):
            wants = "two elements" if spec.kind == "path" else "an element to begin at"
            msg = f"a {spec.kind} trace needs {wants}"
            raise InputError(msg)
        situation = self.situation(state, rules_of(spec))
        barriers = self.store.network.ids.rows("equipment", spec.barriers)
        rows = run(situation, elements, barriers, spec)
        return TraceResult(spec.kind, list(mrids), rows, situation)

    def _spec(self, kind: str | TraceSpec, options: dict[str, Any]) -> TraceSpec:
        if isinstance(kind, str) and kind not in KINDS and kind in self.store.spec_names():
            kind = TraceSpec.from_json(self.store.spec(kind))
        return spec_of(kind, options)

    def save_spec(self, name: str, spec: TraceSpec) -> None:
        """Keep a trace spec under a name, so that ``trace(name, ...)`` runs it."""
        if not name or name in KINDS:
            msg = f"a trace spec cannot be called {name!r}: that is a kind of trace"
            raise InputError(msg)
        self.store.save_spec(name, spec.to_json())

    def explain(self, mrid: str, *, state: str = CURRENT) -> Explanation:
        """Say why an element has supply or has none, and what else could feed it."""
        (element,) = self.find(mrid)
        return explain(self.situation(state), element, mrid)

    def blast_radius(
        self, mrids: str | Iterable[str], *, scope: str = "element", state: str = CURRENT
    ) -> BlastRadius:
        """
        Say who goes dark when elements fail, all at once.

        Parameters
        ----------
        mrids
            What fails: equipment, nodes, sources, feeders (their heads), substations, meters.
        scope
            ``element``, ``trip``, ``isolated`` or ``backfed``; see `gridtwin.analysis.blast`.
        state
            The state before the faults.
        """
        from gridtwin.publish.results import BlastRadius

        names = [mrids] if isinstance(mrids, str) else list(dict.fromkeys(mrids))
        situation = self.situation(state)
        found = blasting.blast(situation, self.find(*names), scope)
        return BlastRadius(names, scope, found, situation)

    def restore(
        self, mrids: str | Iterable[str], *, state: str = CURRENT, **options: Any
    ) -> SwitchingPlan:
        """
        Plan how to isolate a fault and bring customers back by switching; nothing is operated.

        Parameters
        ----------
        mrids
            What has faulted, all at once: elements, or open outages by their ids (their devices).
        state
            The state before the fault.
        options
            Fields of `gridtwin.analysis.plan.options.Options`, for example ``crews=2``.
        """
        from gridtwin.analysis.plan.make import make_plans
        from gridtwin.analysis.plan.options import options_of
        from gridtwin.publish.plans import named

        names = [mrids] if isinstance(mrids, str) else list(dict.fromkeys(mrids))
        faults = [self._fault_of(name) for name in names]
        situation, wanted = self.situation(state), options_of(options)
        return named(names, make_plans(situation, faults, wanted), situation, wanted)

    def _fault_of(self, name: str) -> Element:
        """Return what an mRID names, or the device of an outage by its id."""
        try:
            return self.find(name)[0]
        except NotFoundError:
            for outage in self.store.outages.all():
                if outage.id == name and outage.device:
                    return self.find(outage.device)[0]
            raise

    def sweep(self, *, state: str = CURRENT) -> pd.DataFrame:
        """
        Fail every piece of equipment once.

        Returns
        -------
            One row per piece of equipment: mrid, kind, customers and usage_points that go dark.
        """
        from gridtwin.publish.results import sweep_frame

        return sweep_frame(self.situation(state))

    def storm(
        self,
        polygon: object,
        *,
        kinds: Sequence[str] = (),
        scope: str = "element",
        state: str = CURRENT,
    ) -> BlastRadius:
        """
        Say who goes dark when everything inside a polygon is damaged at once.

        Parameters
        ----------
        polygon
            GeoJSON text or mapping, WKT, or a shapely polygon, in the network's coordinates.
        kinds
            Kinds of equipment that are damaged; all by default.
        scope, state
            As for `blast_radius`.
        """
        from gridtwin.analysis.polygon import read_polygon
        from gridtwin.publish.results import BlastRadius

        situation = self.situation(state)
        given = read_polygon(polygon, geographic=situation.network.crs is not None)
        rows = self._places.inside(given.geometry, layer="equipment")
        if kinds:
            codes = [cim.kind_code(kind) for kind in kinds]
            rows = rows[np.isin(situation.data.equipment.kind[rows], codes)]
        elements = [Element("equipment", row) for row in rows.tolist()]
        found = blasting.blast(situation, elements, scope)
        found = replace(found, warnings=found.warnings + given.warnings)
        names = decode(situation.data.equipment.mrid[rows]).tolist()
        return BlastRadius(names, scope, found, situation)

    def infer(
        self,
        events: MeterEvents | str | Path,
        *,
        now: float | str | None = None,
        loss: float | None = None,
        **options: Any,
    ) -> InferenceResult:
        """
        Say which devices most likely operated, from what meters and customers report.

        Parameters
        ----------
        events
            A `MeterEvents`, or a file of CSV or JSON lines.
        now
            The moment to answer for, unix seconds or ISO 8601, while messages are still coming in;
            by default all that will come has come.
        loss
            Share of last gasps that never arrive; estimated by default.
        options
            ``known_out``, ``bellwethers`` and ``state``, as for `inference`.
        """
        from gridtwin.analysis.inference.likelihood import Assumptions
        from gridtwin.sources.meter_events import moment

        live = self.inference(assumptions=Assumptions(loss=loss), **options)
        live.update(events)
        return live.answer(None if now is None else moment(now))

    def inference(
        self,
        *,
        known_out: Iterable[str] = (),
        bellwethers: int | Sequence[str] | None = None,
        assumptions: Assumptions | None = None,
        state: str = CURRENT,
    ) -> LiveInference:
        """
        Return an inference that events can be streamed into.

        Parameters
        ----------
        known_out
            mRIDs of what else is out already: usage points, or devices. What is behind them, and
            who is in an open outage that somebody has seen, is no news.
        bellwethers
            The only usage points to weigh, or how many of each transformer; all by default.
        assumptions
            What is taken for granted; see `gridtwin.analysis.inference.likelihood`.
        state
            The state before the outages to be found.
        """
        from gridtwin.publish.inference import LiveInference, seen_out

        situation = self.situation(state)
        known = blasting.blast(situation, self.find(*known_out)).out
        return LiveInference(
            situation,
            known_out=np.union1d(known, seen_out(self.store)),
            bellwethers=bellwethers,
            assumptions=assumptions,
        )

    @cached_property
    def _places(self) -> Places:
        from gridtwin.analysis.places import Places

        return Places(self.store.network.data)

    def intersect(
        self,
        polygon: object,
        *,
        layer: str = "usage_points",
        predicate: str = "intersects",
        by: str = "",
        state: str = CURRENT,
    ) -> geopandas.GeoDataFrame | pd.DataFrame:
        """
        Return what lies inside a polygon.

        Parameters
        ----------
        polygon
            GeoJSON text or mapping, WKT, or a shapely polygon, in the network's coordinates.
        layer
            ``usage_points``, ``nodes``, ``substations`` or ``equipment``.
        predicate
            ``intersects``, ``within`` and the others of `gridtwin.analysis.intersect`.
        by
            ``feeder`` or ``substation``: counts per group instead of rows.
        state
            The state in which feeders are reckoned.
        """
        from gridtwin.analysis.polygon import read_polygon
        from gridtwin.publish.layers import grouped_frame, layer_frame

        situation = self.situation(state)
        given = read_polygon(polygon, geographic=situation.network.crs is not None)
        rows = self._places.inside(given.geometry, layer=layer, predicate=predicate)
        frame = (
            grouped_frame(situation, layer, rows, by) if by else layer_frame(situation, layer, rows)
        )
        frame.attrs["warnings"] = list(given.warnings)
        return frame

    def check(self, *, rules: Sequence[str] | None = None, state: str = NORMAL) -> Report:
        """Run the data-quality rules; see `gridtwin.analysis.quality`."""
        from gridtwin.analysis.quality import check

        situation = self.situation(state)
        return check(situation.network, situation.index, rules=rules)

    def reliability(
        self,
        interruptions: pd.DataFrame | None = None,
        *,
        period: tuple[float | None, float | None] = (None, None),
        by: str = "system",
        counting: Counting | None = None,
    ) -> ReliabilityReport:
        """
        Reckon SAIFI, SAIDI, CAIDI, MAIFI and CEMI with and without major event days (IEEE 1366).

        Parameters
        ----------
        interruptions
            A table as `gridtwin.sources.interruptions.read_interruptions` returns it; the twin's
            own outages by default.
        period, by, counting
            As `gridtwin.publish.reliability.report`. Feeders are those of the normal state.
        """
        from gridtwin.publish.reliability import Served, frame_of_outages, placed, report

        own, normal = interruptions is None, self.situation(NORMAL)
        table = frame_of_outages(self.store.outages) if interruptions is None else interruptions
        served = Served.of_situation(normal, by)
        rows = placed(table, normal, strict=not own)
        return report(rows, served, period, by=by, counting=counting)

    def pub_outages(
        self,
        publisher: Publisher,
        *,
        since: datetime | None = None,
        communities: Communities | None = None,
    ) -> dict[str, Any]:
        """
        Return the open outages, and those over since a time, as ODIN reads them.

        Parameters
        ----------
        publisher
            Who publishes, and when.
        since
            Of which time on outages that are over are published too.
        communities
            What the public calls the places; the service areas of substations by default.
        """
        from gridtwin.publish.communities import Communities as Divided
        from gridtwin.publish.odin import pub_outages

        normal, outages = self.situation(NORMAL), self.store.outages.all(since=since)
        members = self.store.outages.members([each.id for each in outages])
        places = communities or Divided.of_substations(normal)
        estimates = self.store.estimates.current()
        return pub_outages(outages, members, estimates, normal, places, publisher)

    @property
    def graph(self) -> nx.MultiGraph:
        """The whole network as a networkx multigraph, in the current state."""
        from gridtwin.analysis.graph import full_graph

        return full_graph(self.situation())

    def energized_graph(self, *, state: str = CURRENT) -> nx.MultiDiGraph:
        """Return what has supply as a directed graph, from the sources to the loads."""
        from gridtwin.analysis.graph import energized_graph

        return energized_graph(self.situation(state))

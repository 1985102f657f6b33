"""Ask a twin: each question is joined here from what is stored and what is computed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.outage import blast as blasting
from gridtwin.analysis.state.situation import NO_ROWS
from gridtwin.analysis.trace.explain import Explanation, explain_supply
from gridtwin.analysis.trace.run_trace import make_rules, run_trace
from gridtwin.analysis.trace.spec import TRACE_KINDS, TraceSpec
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model import phases
from gridtwin.model.element_names import (
    find_named,
    find_origin,
    make_ambiguity_error,
    mrid_of,
)
from gridtwin.model.ids import MRID_TABLES, Element
from gridtwin.model.operation import with_switches
from gridtwin.model.own_columns import require_own
from gridtwin.model.state import CURRENT, NORMAL
from gridtwin.model.tables import encode_texts
from gridtwin.twin.situation_cache import SituationCache

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import networkx as nx
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.analysis.quality.checks import Report
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.model.findings import Acceptance
    from gridtwin.model.state import State
    from gridtwin.results.documents.network_documents import FoundElement
    from gridtwin.results.trace_result import BlastRadius, TraceResult
    from gridtwin.results.what_if import WhatIf
    from gridtwin.store.protocol import Store
    from gridtwin.topology.conduction import SupplyRules


class NetworkQuestions:
    """What is connected to what, who goes dark, and what lies where; nothing is written."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._situations = SituationCache(store)

    def situation(self, state: str = CURRENT, rules: SupplyRules | None = None) -> Situation:
        """Return the network in a state, with its topology index; the last few are kept."""
        return self._situations.resolve_state(state, rules)

    def situation_of(self, state: State) -> Situation:
        """Return the network in a state that is kept nowhere: a past moment, or a what-if."""
        return self._situations.resolve_unnamed(state)

    def supply(self, situation: Situation | None = None) -> SupplyState:
        """
        Say of everything whether it has supply, by default in the current state.

        There, who is in an open outage and not back has none, whatever the switches say.
        """
        from gridtwin.analysis.state.supply_state import find_supply

        situation = situation or self.situation()
        reported = self._find_reported_out() if situation.state == CURRENT else NO_ROWS
        return find_supply(situation, reported)

    def _find_reported_out(self) -> NDArray[np.int32]:
        """Return the rows of the usage points that are in an open outage and not back."""
        names = encode_texts(self.store.outages.read_members().usage_point.tolist())
        rows = self.store.network.ids.tables["usage_points"].find_rows(names)
        return rows[rows >= 0].astype(np.int32)  # others are of another network

    def find(self, *mrids: str) -> list[Element]:
        """
        Return the elements that mRIDs or names name.

        Parameters
        ----------
        mrids
            Ids; where nothing has such an id, the name that people call it by. A name that
            several share gives all of them.

        Raises
        ------
        NotFoundError
            For the first that is not there, with close matches.
        """
        return [element for mrid in mrids for element in self._find_called(mrid)]

    def find_one(self, mrid: str) -> Element:
        """
        Return the one element that an mRID or a name names.

        Raises
        ------
        NotFoundError
            If there is none, with close matches.
        InputError
            If several are called so, with the ids of all.
        """
        elements = self._find_called(mrid)
        if len(elements) > 1:
            raise make_ambiguity_error(self.store.network.data, mrid, elements)
        return elements[0]

    def search(
        self, text: str, *, limit: int = 50, own: Sequence[str] = (), similar: bool = False
    ) -> list[FoundElement]:
        """
        Return the elements whose id, name, or own column that is searched, holds a text.

        Parameters
        ----------
        text
            What is looked for, whatever its case.
        limit
            How many elements at most.
        own
            Own columns to show of each element whose frame has them.
        similar
            Whether to return, too, what is written nearly so.

        Returns
        -------
            The best first, as mrid, kind and name: what is called so, by its id before by its
            name, then what begins so, then what holds it.
        """
        from gridtwin.analysis.state.identity import find_kind, find_name
        from gridtwin.analysis.state.name_index import NameIndex

        network = self.store.network
        data = network.data
        require_own(data, own)
        names = NameIndex(data, network.ids)
        hits = names.find_names(text, limit) if similar else names.search_names(text, limit)
        elements: list[FoundElement] = [
            {
                "mrid": mrid_of(data, hit.element),
                "kind": find_kind(data, hit.element),
                "name": find_name(data, hit.element),
            }
            for hit in hits
        ]
        for element, hit in zip(elements, hits, strict=True):
            origin = find_origin(data, hit.element)
            if origin is not None:
                element["origin"] = {
                    "layer": origin.layer, "key": origin.key, "load": origin.load
                }  # fmt: skip
        for element, hit in zip(elements if own else (), hits, strict=False):
            there = getattr(data, hit.element.table).own
            row = np.array([hit.element.row])
            element["own"] = {
                name: there[name].list_values(row)[0] for name in own if name in there
            }
        return elements

    def _find_called(self, mrid: str) -> list[Element]:
        network = self.store.network
        try:
            return [network.ids.find_element(mrid, MRID_TABLES)]
        except NotFoundError:
            elements = find_named(network.data, mrid)
            if not elements:
                raise
            return elements

    def _name_elements(self, elements: Iterable[Element]) -> list[str]:
        data = self.store.network.data
        return [mrid_of(data, element) for element in elements]

    def trace(
        self,
        kind: str | TraceSpec,
        /,
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
            Fields of `TraceSpec`, for example ``phases="A"`` or ``barriers=("SW-1",)``; None, or
            what is not said, is as in the spec that is traced.

        Raises
        ------
        NotFoundError
            If an mRID or a state is not there.
        InputError
            If an option is not known, or says nothing to this kind of trace.
        """
        from gridtwin.results.trace_result import TraceResult

        spec = self.spec(kind, **options)
        elements = [self.find_one(mrid) for mrid in mrids]
        if not elements or (spec.kind == "path" and len(elements) != 2):
            wants = "two elements" if spec.kind == "path" else "an element to begin at"
            msg = f"a {spec.kind} trace needs {wants}"
            raise InputError(msg)
        situation = self.situation(state, make_rules(spec))
        barriers = self.store.network.ids.find_rows("equipment", spec.barriers)
        rows = run_trace(situation, elements, barriers, spec)
        return TraceResult(spec.kind, self._name_elements(elements), rows, situation)

    def spec(self, kind: str | TraceSpec, /, **options: Any) -> TraceSpec:
        """
        Return the spec of a kind of trace, of one saved under a name, or another, with changes.

        Parameters
        ----------
        kind
            As for `trace`.
        options
            Fields of `TraceSpec`: each stands as it is said, also where it is 0 or empty; the
            others, and those that are None, are those of `kind`.

        Raises
        ------
        InputError
            If there is no such kind or field, or a field says nothing to this kind of trace.
        """
        if isinstance(kind, TraceSpec):
            return kind.derive(options)
        if kind not in TRACE_KINDS and kind in self.store.specs.list_names():
            return TraceSpec.from_json(self.store.specs.read_spec(kind)).derive(options)
        return TraceSpec(kind).derive(options)

    def save_spec(self, name: str, spec: TraceSpec) -> None:
        """Keep a trace spec under a name, so that ``trace(name, ...)`` runs it."""
        if not name or name in TRACE_KINDS:
            msg = f"a trace spec cannot be called {name!r}: that is a kind of trace"
            raise InputError(msg)
        self.store.specs.save_spec(name, spec.to_json())

    def explain(self, mrid: str, *, state: str = CURRENT) -> Explanation:
        """Say why an element has supply or has none, and what else could feed it."""
        element = self.find_one(mrid)
        return explain_supply(self.situation(state), element, *self._name_elements([element]))

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
            ``element``, ``trip``, ``isolated`` or ``backfed``: `gridtwin.analysis.outage.blast`.
        state
            The state before the faults.
        """
        from gridtwin.results.trace_result import BlastRadius

        names = [mrids] if isinstance(mrids, str) else list(dict.fromkeys(mrids))
        elements = [self.find_one(name) for name in names]
        situation = self.situation(state)
        blast = blasting.compute_blast(situation, elements, scope)
        return BlastRadius(self._name_elements(elements), scope, blast, situation)

    def sweep(self, *, state: str = CURRENT) -> pd.DataFrame:
        """
        Fail every piece of equipment once.

        Returns
        -------
            One row per piece of equipment: mrid, kind, customers and usage_points that go dark.
        """
        from gridtwin.results.trace_result import make_sweep_frame

        return make_sweep_frame(self.situation(state))

    def what_if(self, switches: Mapping[str, bool | str], *, state: str = CURRENT) -> WhatIf:
        """
        Say who goes out and who comes back if switches stood otherwise; nothing is kept.

        Parameters
        ----------
        switches
            mRID to True (open), False (closed), or the phases that stand open.
        state
            The state they are changed in.
        """
        from gridtwin.results.what_if import WhatIf

        base = self.store.states.read_state(state)
        changed = with_switches(self.store.network, base.deviations, switches)
        before, after = self.situation(state), self.situation_of(replace(base, deviations=changed))
        return WhatIf(before, after, self.supply(before), self.supply(after))

    def find_kept_out(self, device: str, *, state: str = CURRENT) -> NDArray[np.int32]:
        """Return rows of usage points that are out since a switch stands open against design."""
        situation = self.situation(state)
        table, row = situation.network.ids.find_element(device)
        if table != "equipment" or not situation.is_switch[row]:
            return NO_ROWS
        opened = int(situation.open_mask[row])
        designed = opened & int(situation.data.equipment.normal_open[row])
        if opened == designed:
            return NO_ROWS
        return self.what_if({device: phases.format_phases(designed)}, state=state).back

    def check(self, *, rules: Sequence[str] | None = None, state: str = NORMAL) -> Report:
        """
        Return what was found in the source, and what breaks the data-quality rules.

        Parameters
        ----------
        rules
            Names of the rules wanted; all by default.
        state
            The state looked at.

        Raises
        ------
        InputError
            If a rule is not known.
        """
        from gridtwin.twin.data_findings import check_kept

        return check_kept(self.store.findings.read_findings(), self.situation(state), rules)

    def accept_finding(self, rule: str, key: str, reason: str, *, actor: str = "") -> Acceptance:
        """
        Accept a finding as it is: it no longer counts as an error, until that is undone.

        Parameters
        ----------
        rule
            The rule that is broken.
        key
            mRID of what the finding is of, or LAYER:KEY of its row; ``*`` for all of the rule.
        reason
            Why.
        actor
            Who accepts it; by default whom the environment names.

        Raises
        ------
        InputError
            If the rule is not known, or there is no reason.
        NotFoundError
            If there is no such finding.
        """
        from gridtwin.settings import Settings
        from gridtwin.twin.data_findings import make_acceptance

        actor = actor or Settings.from_environment().actor
        acceptance = make_acceptance(self.check(rules=[rule]), (rule, key, reason), actor)
        self.store.findings.accept_finding(acceptance)
        return acceptance

    def undo_acceptance(self, rule: str, key: str) -> None:
        """Accept a finding no longer; NotFoundError, with close matches, if it is not accepted."""
        self.store.findings.undo_acceptance(rule, key)

    @property
    def graph(self) -> nx.MultiGraph:
        """The whole network as a networkx multigraph, in the current state."""
        from gridtwin.analysis.state.graph import build_full_graph

        return build_full_graph(self.situation())

    def energized_graph(self, *, state: str = CURRENT) -> nx.MultiDiGraph:
        """Return what has supply as a directed graph, from the sources to the loads."""
        from gridtwin.analysis.state.graph import build_energized_graph

        return build_energized_graph(self.situation(state))

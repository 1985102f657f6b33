"""Put names and shapes on switching plans: what `Twin.restore` returns, and its JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.analysis.plan.restoration_stages import group_by_stage
from gridtwin.analysis.plan.timetable import SwitchingAction
from gridtwin.model import cim, frames, phases
from gridtwin.model.tables import decode_texts
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.geo import make_geo_frame

if TYPE_CHECKING:
    import geopandas
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.analysis.plan.plan_options import PlanOptions
    from gridtwin.analysis.plan.plan_steps import ClosingCheck, SwitchingStep
    from gridtwin.analysis.plan.restoration_stages import RestorationStage
    from gridtwin.analysis.plan.switching_plan import Plan
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.results.documents.switching_documents import (
        ClosingCheckRecord,
        PlanBody,
        PlanDocument,
        PlanStep,
        PlanTotals,
    )


@dataclass
class SwitchingPlan:
    """
    How to isolate a fault and bring customers back by switching.

    Nothing is operated by it; ``switches`` is what an overlay needs to look at its end.
    """

    of: list[str]
    rows: Plan
    situation: Situation
    options: PlanOptions
    alternatives: list[SwitchingPlan]

    @property
    def state(self) -> str:
        """Name of the state before the fault."""
        return self.situation.state

    @property
    def version(self) -> int:
        """Version of the state before the fault."""
        return self.situation.version

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader of the plan should know."""
        return self.rows.warnings

    @property
    def optimal(self) -> bool:
        """Whether no plan is better: proven by a search that ran to its end."""
        return self.rows.optimal

    @property
    def tripped(self) -> list[str]:
        """The devices that opened by themselves, and sources that went with the fault."""
        return [*self._list_names("equipment", self.rows.tripped), *self._lost_sources]

    @property
    def dead_beyond(self) -> list[str]:
        """The switches around the section that stay as they are: nothing but dead ends beyond."""
        return self._list_names("equipment", self.rows.dead_beyond)

    @property
    def _lost_sources(self) -> list[str]:
        return self._list_names("sources", self.rows.sources_lost)

    def _list_names(self, table: str, rows: NDArray[np.int32]) -> list[str]:
        return decode_texts(getattr(self.situation.data, table).mrid[rows]).tolist()

    @cached_property
    def usage_points(self) -> NDArray[np.str_]:
        """The mRIDs of the usage points that stay out until repair."""
        return decode_texts(self.situation.data.usage_points.mrid[self.rows.out])

    @cached_property
    def customers(self) -> int:
        """Customers that stay out until repair."""
        return self.situation.customers_of(self.rows.out)

    @cached_property
    def customers_at_start(self) -> int:
        """Customers that are out once the protective devices have tripped."""
        return self.situation.customers_of(self.rows.out_at_start)

    @cached_property
    def customers_restored(self) -> int:
        """Customers that the steps bring back."""
        return sum(step.customers for step in self.rows.steps)

    def stages(self) -> list[RestorationStage]:
        """Return the groups of customers by when they come back; see `restoration_stages`."""
        return group_by_stage(self.rows)

    @property
    def remote_minutes(self) -> float:
        """Minutes until the last operation from the control room is done; 0 without one."""
        return max((step.done_min for step in self.rows.steps if step.remote), default=0.0)

    @property
    def manual_minutes(self) -> float:
        """Minutes until the last operation on site is done; 0 without one."""
        return max((step.done_min for step in self.rows.steps if not step.remote), default=0.0)

    @property
    def switches(self) -> dict[str, bool | str]:
        """What stands differently at the end of the plan: mRID to whether it is open."""
        stands = dict.fromkeys(self._list_names("equipment", self.rows.tripped), True)
        for step in self.rows.steps:
            if step.table == "equipment" and step.action is not SwitchingAction.VERIFY:
                stands[self._get_name(step.table, step.row)] = step.action is SwitchingAction.OPEN
        return {
            mrid: self._describe_position(mrid, opened=opened) for mrid, opened in stands.items()
        }

    def _describe_position(self, mrid: str, *, opened: bool) -> bool | str:
        """Return a position; what is closed back stands as before, maybe with an open pole."""
        situation = self.situation
        row = situation.network.ids.find_element(mrid, ("equipment",)).row
        before = int(situation.open_mask[row])
        part = bool(situation.conducts[row]) and before
        return opened if opened or not part else phases.format_phases(before)

    def _get_name(self, table: str, row: int) -> str:
        return getattr(self.situation.data, table).mrid[row].decode()

    def _get_kind(self, step: SwitchingStep) -> str:
        if step.table == "sources":
            return "energy_source"
        return cim.KIND_NAMES[self.situation.data.equipment.kind[step.row]]

    def _get_phases(self, step: SwitchingStep) -> str:
        data = self.situation.data
        return phases.format_phases(int(getattr(data, step.table).phases[step.row]))

    def steps(self) -> list[PlanStep]:
        """Return the steps as plain mappings, in order."""
        return [self._describe_step(number, step) for number, step in enumerate(self.rows.steps, 1)]

    def _describe_step(self, number: int, step: SwitchingStep) -> PlanStep:
        points = self.situation.data.usage_points
        return {
            "step": number,
            "action": step.action,
            "mrid": self._get_name(step.table, step.row),
            "kind": self._get_kind(step),
            "phases": self._get_phases(step),
            "control": "remote" if step.remote else "manual",
            "crew": None if step.crew < 0 else step.crew + 1,
            "after": [other + 1 for other in step.after],
            "start_min": round(step.start_min, 2),
            "travel_min": round(step.travel_min, 2),
            "duration_min": round(step.done_min - step.start_min - step.travel_min, 2),
            "done_min": round(step.done_min, 2),
            "usage_points_restored": decode_texts(points.mrid[step.restored]).tolist(),
            "customers_restored": step.customers,
            "customers_out": step.customers_out,
            "closes_loop": step.closes_loop,
            "check": None if step.check is None else self._describe_check(step.check),
            "warnings": list(step.warnings),
        }

    def _describe_check(self, check: ClosingCheck) -> ClosingCheckRecord:
        def give_number(value: float, digits: int = 1) -> float | None:
            return None if math.isnan(value) else round(value, digits)

        return {
            "phases": phases.format_phases(check.phases),
            "nominal_v": give_number(check.nominal_v),
            "most_loaded": self._get_name(check.table, check.row) if check.table else None,
            "load_w": give_number(check.load_w),
            "rating_w": give_number(check.rating_w),
            "load_a": give_number(check.load_a),
            "margin_pct": give_number(check.margin_pct),
            "unrated": check.unrated,
            "meshed": check.meshed,
        }

    def totals(self) -> PlanTotals:
        """Return what plans are compared by."""
        return {
            "customers_at_start": self.customers_at_start,
            "customers_restored": self.customers_restored,
            "customers_out": self.customers,
            "restored_weight": round(self.rows.restored_weight, 3),
            "customer_minutes": round(self.rows.customer_minutes, 1),
            "operations": len(self.rows.steps),
            "manual_operations": self.rows.manual,
            "remote_minutes": round(self.remote_minutes, 2),
            "manual_minutes": round(self.manual_minutes, 2),
        }

    def document(self) -> PlanDocument:
        """Return the plan as the JSON document ``gridtwin.plan/1``."""
        return {
            "schema": DocumentTag.PLAN,
            "of": self.of,
            "state": self.state,
            "version": self.version,
            "tripped": self.tripped,
            "section": self._list_names("equipment", self.rows.section),
            "dead_beyond": self.dead_beyond,
            **self.make_body(),
            "alternatives": [other.make_body() for other in self.alternatives],
            "warnings": list(self.warnings),
        }

    def make_body(self) -> PlanBody:
        """Return what the best plan and its alternatives each have in the document."""
        points = self.situation.data.usage_points
        return {
            "steps": self.steps(),
            "totals": self.totals(),
            "usage_points_out": self.usage_points.tolist(),
            "usage_points_partial": decode_texts(points.mrid[self.rows.partial]).tolist(),
            "search": {
                "optimal": self.optimal,
                "bound_weight": round(self.rows.bound, 3),
                "gap_pct": round(self.gap_pct, 3),
                "blocks": self.rows.blocks,
                "expansions": self.rows.expansions,
            },
        }

    @property
    def gap_pct(self) -> float:
        """How much more weight the best plan might restore at most, in percent."""
        bound = self.rows.bound
        return 100 * (bound - self.rows.restored_weight) / bound if bound else 0.0

    def to_dataframe(self) -> pd.DataFrame:
        """Return the steps as a frame, without the lists of usage points."""
        import pandas as pd

        return pd.DataFrame([_flatten_step(step) for step in self.steps()])

    def to_geodataframe(self) -> geopandas.GeoDataFrame:
        """Return the steps with the places of their devices."""
        frame = self.to_dataframe()
        columns: dict[str, Any] = {str(name): frame[name].to_numpy() for name in frame.columns}
        columns["geometry"] = [self._locate_step(step) for step in self.rows.steps]
        return make_geo_frame(columns, self.situation.network.crs)

    def _locate_step(self, step: SwitchingStep) -> shapely.Geometry:
        data = self.situation.data
        if step.table == "sources":
            return shapely.Point(data.nodes.xy[data.sources.node[step.row]])
        return frames.equipment_lines(data, np.array([step.row], dtype=np.int32))[0]

    def explore(self, **options: Any) -> Any:
        """Return an interactive map of the steps."""
        return self.to_geodataframe().explore(column="action", **options)

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.rows.steps)

    def __repr__(self) -> str:
        """Return the plan in one line."""
        return (
            f"SwitchingPlan({', '.join(self.of[:3])}: {len(self)} steps, "
            f"{self.customers_restored:,} of {self.customers_at_start:,} customers back, "
            f"{self.customers:,} until repair, {'optimal' if self.optimal else 'not proven best'}, "
            f"state {self.state} version {self.version})"
        )


def _flatten_step(step: PlanStep) -> dict[str, Any]:
    """Return a step in one row."""
    check = step["check"]
    return {
        "step": step["step"],
        "action": step["action"],
        "mrid": step["mrid"],
        "kind": step["kind"],
        "phases": step["phases"],
        "control": step["control"],
        "done_min": step["done_min"],
        "customers_restored": step["customers_restored"],
        "customers_out": step["customers_out"],
        "most_loaded": check and check["most_loaded"],
        "margin_pct": check and check["margin_pct"],
        "warnings": "; ".join(step["warnings"]),
    }


def name_plans(
    of: list[str], plans: list[Plan], situation: Situation, options: PlanOptions
) -> SwitchingPlan:
    """Return the best of plans with the others as its alternatives."""
    best, *others = (SwitchingPlan(of, plan, situation, options, []) for plan in plans)
    best.alternatives = others
    return best

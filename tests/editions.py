"""Draw new editions of a small network, and compare networks whatever the order of their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely
from hypothesis import strategies as st

import gridtwin
from gridtwin.model.network import Network
from gridtwin.model.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

Frames = dict[str, pd.DataFrame]
METERS = 120


def make_first_edition() -> Network:
    """Return a territory with a column of its owner's."""
    frames = copy_frames(gridtwin.synthesize("houston", meters=METERS, seed=3))
    count = len(frames["usage_points"])
    frames["usage_points"]["route"] = [f"R{row % 7}" for row in range(count)]
    return build(frames)


def copy_frames(network: Network) -> Frames:
    """Return the frames of a network, to be edited."""
    return {name: getattr(network, name).copy() for name in SCHEMA}


def build(frames: Frames, *, shuffled: int = 0) -> Network:
    """Return a network of frames, their rows in another order if wished."""
    given = {
        name: frame.sample(frac=1, random_state=shuffled) if shuffled else frame
        for name, frame in frames.items()
    }
    return Network.from_frames(**given)


def remove_points(frames: Frames, rows: list[int]) -> None:
    drop_rows(frames, "usage_points", rows)


def drop_rows(frames: Frames, name: str, rows: list[int]) -> None:
    """Remove some rows of a frame."""
    frame = frames[name].reset_index(drop=True)
    frames[name] = frame.drop(index={row % len(frame) for row in rows}).reset_index(drop=True)


def remove_equipment(frames: Frames, rows: list[int]) -> None:
    """Remove equipment that no feeder begins with and no usage point records."""
    frame = frames["equipment"].reset_index(drop=True)
    kept = {*frames["feeders"]["head"], *frames["usage_points"]["transformer"]}
    free = frame.index[~frame["mrid"].isin(kept)].tolist()
    drop_rows(frames, "equipment", [free[row % len(free)] for row in rows])


def add_points(frames: Frames, rows: list[int]) -> None:
    """Add a service and a usage point each at some nodes."""
    nodes = frames["nodes"]
    for row in rows:
        at = nodes.iloc[row % len(nodes)]
        mrid = f"NEW-{len(frames['usage_points'])}-{row}"
        place = shapely.Point(at.geometry.x + 0.0001, at.geometry.y)
        frames["nodes"] = _append(frames["nodes"], mrid=f"{mrid}-N", geometry=place)
        frames["equipment"] = _append(
            frames["equipment"],
            mrid=f"{mrid}-L",
            kind="service_drop",
            node_a=at.mrid,
            node_b=f"{mrid}-N",
            normal_open="",
            in_service=True,
        )
        frames["usage_points"] = _append(
            frames["usage_points"], mrid=mrid, node=f"{mrid}-N", customers=2, priority="", phases=""
        )
        nodes = frames["nodes"]


def _append(frame: pd.DataFrame, **values: Any) -> pd.DataFrame:
    blank = {
        name: "" if frame[name].dtype == object else None
        for name in frame.columns
        if name not in {"geometry", *values}
    }
    return pd.DataFrame([*frame.to_dict("records"), blank | values], columns=frame.columns)


def edit_points(frames: Frames, rows: list[int]) -> None:
    """Change who is served at some usage points, and where they hang."""
    points = frames["usage_points"]
    for row in rows:
        at = points.index[row % len(points)]
        points.loc[at, "customers"] = row % 9 + 3
        if row % 2:
            points.loc[at, "node"] = frames["nodes"]["mrid"].iloc[row % len(frames["nodes"])]
        if "route" in points:
            points.loc[at, "route"] = f"S{row % 5}"


def edit_equipment(frames: Frames, rows: list[int]) -> None:
    """Turn switches, and rename others."""
    equipment = frames["equipment"]
    for row in rows:
        at = equipment.index[row % len(equipment)]
        if equipment.loc[at, "kind"] in {"fuse", "load_break_switch", "recloser"}:
            is_open = equipment.loc[at, "normal_open"] != ""
            equipment.loc[at, "normal_open"] = "" if is_open else equipment.loc[at, "phases"]
        else:
            equipment.loc[at, "name"] = f"renamed {row}"


def swap_own(frames: Frames, rows: list[int]) -> None:
    """Take the own column away, and bring another."""
    points = frames["usage_points"].drop(columns="route", errors="ignore")
    frames["usage_points"] = points.assign(crew=[f"C{rows[0] % 4}"] * len(points))


EDITS: list[Callable[[Frames, list[int]], None]] = [
    remove_points,
    remove_equipment,
    add_points,
    edit_points,
    edit_equipment,
    swap_own,
]
edits = st.lists(
    st.tuples(st.sampled_from(EDITS), st.lists(st.integers(0, 10_000), min_size=1, max_size=4)),
    max_size=4,
)


def show(network: Network) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what a network holds, by frame, mRID and column."""
    return {
        name: {
            row["mrid"]: {key: _plain(value) for key, value in row.items()}
            for row in getattr(network, name).to_dict("records")
        }
        for name in SCHEMA
    }


def _plain(value: Any) -> Any:
    if isinstance(value, shapely.Geometry):
        return value.wkt
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124

"""Draw the picture that the demo leaves: feeders by color, and who is out after the storm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.errors import MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.results.trace_result import BlastRadius
    from gridtwin.twin import Twin


def draw_storm(twin: Twin, storm: BlastRadius, path: Path) -> None:
    """
    Draw the feeders of a twin, and who is out.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        need = "a picture"
        raise MissingExtraError(need, "plot") from error
    mpl.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np
    import shapely

    from gridtwin.model import cim, frames

    data = twin.store.network.data
    primary = np.flatnonzero(
        (data.equipment.kind == cim.KIND_CODE["ac_line_segment"])
        & (data.nodes.nominal_v[data.equipment.node_a] > cim.LOW_VOLTAGE_V)
    )
    feeder, _ = twin.situation().feeder_of_nodes
    group = feeder[data.equipment.node_b[primary]]
    figure, axes = plt.subplots(figsize=(11, 10), dpi=110)
    colors = plt.get_cmap("tab20")(np.maximum(group, 0) % 20)
    lines = frames.equipment_lines(data, primary)
    from matplotlib.collections import LineCollection

    axes.add_collection(
        LineCollection(
            [shapely.get_coordinates(line) for line in lines], colors=colors, linewidths=0.7
        )
    )
    out = data.usage_points.xy[storm.rows.out]
    axes.scatter(
        out[:, 0], out[:, 1], s=1.2, color="#b00020", label=f"{storm.customers:,} customers out"
    )
    if storm.area is not None:
        for part in shapely.get_parts(storm.area):
            axes.plot(*part.exterior.xy, color="#b00020", linewidth=1.2)
    stations = data.substations.xy
    axes.scatter(
        stations[:, 0], stations[:, 1], marker="s", s=22, color="black", label="substation"
    )
    axes.autoscale()
    axes.set_aspect(1 / np.cos(np.radians(float(stations[:, 1].mean()))))
    axes.set_axis_off()
    axes.legend(loc="lower right", markerscale=3, frameon=False)
    axes.set_title("Who is out after the storm, on a synthetic territory; feeders by color")
    figure.savefig(path, bbox_inches="tight")
    plt.close(figure)

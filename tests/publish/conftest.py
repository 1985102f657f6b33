"""A town with an open fuse and own columns, and the QGIS project of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import gridtwin
from gridtwin.publish.qgis.qgis_folder import write_qgis

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin import Twin


@pytest.fixture(scope="session")
def town() -> Twin:
    """Return a town whose lines have a year and a note, one of whose fuses stands open."""
    made = gridtwin.synthesize("houston", meters=300, seed=3)
    equipment = made.equipment.assign(
        install_year=np.where(made.equipment["kind"] == "fuse", np.nan, 1990.0),
        note=np.where(made.equipment["kind"] == "fuse", 'O\'Brien "x"', ""),
    )
    frames = {name: getattr(made, name) for name in ("nodes", "usage_points", "sources")}
    frames |= {name: getattr(made, name) for name in ("substations", "feeders")}
    twin = gridtwin.open(gridtwin.Network.from_frames(equipment=equipment, **frames))
    fuses = equipment["mrid"][equipment["kind"] == "fuse"]
    twin.switch(fuses.iloc[0], open=True)
    return twin


@pytest.fixture(scope="session")
def qgis_folder(town: Twin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the town's project."""
    folder = tmp_path_factory.mktemp("qgis") / "town"
    write_qgis(folder, town.situation("normal"), town.supply(), title="Town")
    return folder

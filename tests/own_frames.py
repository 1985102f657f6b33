"""Networks whose frames have columns of their owner's, of every kind."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from hypothesis import strategies as st

from gridtwin.model.network import Network
from gridtwin.model.own_columns import list_own
from small_tables import tables

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
VALUES = st.one_of(
    *(
        st.lists(st.none() | each, min_size=3, max_size=3)
        for each in (
            TEXTS,
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(-(2**53), 2**53),
            st.booleans(),
            st.dates(dt.date(1000, 1, 1)),
        )
    )
)
OF_EVERY_KIND = {
    "install_year": [1987, None, 2003],
    "loss_kw": [0.125, 1.5e-7, None],
    "asset_tag": ["007", 'Müller, "X"\\ {1}\'', ""],
    "leased": [True, None, False],
    "Last inspected": [dt.date(2019, 5, 31), None, dt.date(1969, 12, 31)],
}
SHOWN = {
    "install_year": ("number", [1987, None, 2003]),
    "loss_kw": ("number", [0.125, 1.5e-7, None]),
    "asset_tag": ("text", ["007", 'Müller, "X"\\ {1}\'', None]),
    "leased": ("flag", [True, None, False]),
    "Last inspected": ("date", ["2019-05-31", None, "1969-12-31"]),
}


def frames_of_every_kind() -> dict[str, Any]:
    """Return small tables whose equipment has a column of every kind."""
    frames = tables()
    for name, values in OF_EVERY_KIND.items():
        frames["equipment"][name] = values
    return frames


def show_own(network: Network) -> dict[str, dict[str, tuple[str, list[Any]]]]:
    """Return the kinds and values of the own columns of every frame that has any."""
    return {
        frame: {
            name: (column.kind, column.list_values(np.arange(len(column.values))))
            for name, column in own.items()
        }
        for frame, own in list_own(network.data).items()
    }

"""What the schema says of the columns is what tables, files and pages hold."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gridtwin
import schema_texts
from gridtwin.errors import NetworkError
from gridtwin.model.network import Network
from gridtwin.model.schema import DTYPES, ORIGINS_FIELD, OWN_FIELD, SCHEMA, list_columns
from gridtwin.model.tables import NetworkData, pick_rows


@pytest.fixture(scope="module")
def network() -> Network:
    return gridtwin.synthesize("houston", meters=300, seed=4)


def frames_of(network: Network) -> dict[str, Any]:
    return {name: getattr(network, name) for name in SCHEMA}


def test_the_tables_of_a_network_are_those_of_the_schema() -> None:
    assert [each.name for each in fields(NetworkData)] == list(SCHEMA)
    for frame in SCHEMA.values():
        held = [name for column in frame.columns for name in column.fields]
        assert [*held, OWN_FIELD, ORIGINS_FIELD] == [each.name for each in fields(frame.table)]


def test_every_array_is_of_the_type_of_its_column(network: Network) -> None:
    read = Network.from_frames(**frames_of(network))
    for data in (network.data, read.data):
        for name, column in list_columns(*DTYPES):
            table, wanted = getattr(data, name), np.dtype(DTYPES[column.kind])
            values = getattr(table, column.name)
            assert values.shape == table.mrid.shape
            assert column.make_blank(3).dtype == wanted
            assert values.dtype.kind == wanted.kind, (name, column.name)
            assert wanted.kind == "S" or values.dtype == wanted, (name, column.name)


def test_frames_are_read_as_they_are_shown(network: Network) -> None:
    read = Network.from_frames(**frames_of(network))
    for name, frame in SCHEMA.items():
        before, after = getattr(network, name), getattr(read, name)
        assert list(before.columns) == list(frame.names)
        pd.testing.assert_frame_equal(before, after)


def test_a_frame_of_required_columns_alone_is_a_frame(network: Network) -> None:
    given = frames_of(network)
    bare = {
        name: given[name][[column.name for column in frame.columns if column.required]]
        for name, frame in SCHEMA.items()
    }
    data = Network.from_frames(**bare).data
    for name, column in list_columns(*DTYPES):
        if not column.required and column.usual is None and column.name != "length_m":
            values = getattr(getattr(data, name), column.name)
            blank = column.make_blank(len(values))
            assert np.array_equal(values, blank, equal_nan=blank.dtype.kind == "f"), column.name
    assert np.array_equal(data.usage_points.xy, data.nodes.xy[data.usage_points.node])


@pytest.mark.parametrize(
    ("name", "column"),
    [(name, column.name) for name, frame in SCHEMA.items() for column in frame.columns],
)
def test_what_every_row_must_have_is_asked_for(network: Network, name: str, column: str) -> None:
    given = frames_of(network)
    given[name] = given[name].drop(columns=[column])
    if SCHEMA[name].find_column(column).required:
        with pytest.raises(NetworkError, match=f"column '{column}' is missing: add it"):
            Network.from_frames(**given)
    else:
        assert len(Network.from_frames(**given).data.nodes.mrid)


def test_references_follow_the_rows_that_are_picked(network: Network) -> None:
    rng = np.random.default_rng(3)
    data = network.data
    rows = {name: rng.permutation(len(getattr(data, name).mrid)) for name in SCHEMA}
    rows["equipment"] = rows["equipment"][: len(rows["equipment"]) // 2]
    picked = pick_rows(data, rows)
    for name, column in list_columns("row"):
        before, after = getattr(data, name), getattr(picked, name)
        there, here = getattr(data, column.refers).mrid, getattr(picked, column.refers).mrid
        kept = set(here.tolist())
        for mrid, row in zip(before.mrid[rows[name]], rows[name], strict=True):
            at = int(np.flatnonzero(after.mrid == mrid)[0])
            old, new = getattr(before, column.name)[row], getattr(after, column.name)[at]
            meant = there[old] if old >= 0 and there[old] in kept else None
            assert (here[new] if new >= 0 else None) == meant


def test_page_and_comments_are_those_of_the_schema() -> None:
    mend = "run python tests/schema_texts.py"
    assert schema_texts.PAGE.read_text() == schema_texts.page(), mend
    assert schema_texts.COMMENTS.read_text() == schema_texts.comments(), mend


@pytest.mark.parametrize("name", SCHEMA["equipment"].names[:-1])
def test_an_expression_names_every_column_of_equipment(network: Network, name: str) -> None:
    twin = gridtwin.open(network)
    head = network.feeders["head"][0]
    frame = network.equipment.set_index("mrid", drop=False)
    found = frame.loc[twin.trace("downstream", head).elements]
    wanted = found[name].dropna().tolist()[-1]
    kept = twin.trace("downstream", head, where=f"{name} == {wanted!r}")
    assert kept.elements.tolist() == found.index[found[name] == wanted].tolist()

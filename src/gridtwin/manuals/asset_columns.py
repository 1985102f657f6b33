"""Find who made each piece of equipment, and of which model, in own columns of the utility."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.manuals.manual_facts import fold_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridtwin.model.ids import Element
    from gridtwin.model.tables import NetworkData

ASSET_FRAMES = ("equipment", "usage_points", "substations")
# How own columns are called, folded to letters.
MAKER_NAMES = ("manufacturer", "make", "maker", "mfr", "mfg", "manuf", "vendor", "manufacturername")
MODEL_NAMES = ("model", "modelnumber", "modelno", "modelname", "typedesignation", "modeltype")
CATALOG_NAMES = (
    *("catalognumber", "catalogno", "catalog", "catno", "cataloguenumber", "catalogueno"),
    *("partnumber", "partno", "stocknumber"),
)
_NAME_DROPPED = re.compile(r"[^a-z]")


@dataclass(frozen=True, slots=True)
class AssetModel:
    """
    Equipment of one maker and model; empty where it is not recorded.

    Attributes
    ----------
    manufacturer, model, catalog
        As they are written at most of it.
    """

    manufacturer: str
    model: str
    catalog: str

    @property
    def key(self) -> tuple[str, str]:
        """What a person's word is kept by: maker, and model or else catalog number, folded."""
        return fold_model(self.manufacturer), fold_model(self.model) or fold_model(self.catalog)


@dataclass(frozen=True, slots=True)
class AssetTable:
    """The models of a network, and which rows are of which: -1 = not recorded."""

    models: tuple[AssetModel, ...]
    of_rows: dict[str, NDArray[np.int32]]

    def find_model(self, element: Element) -> AssetModel | None:
        """Return the model of an element; None where it is not recorded."""
        rows = self.of_rows.get(element.table)
        at = -1 if rows is None else int(rows[element.row])
        return None if at < 0 else self.models[at]

    def count_rows(self) -> NDArray[np.int64]:
        """Return how many rows are of each model, shape (models,)."""
        counts = np.zeros(len(self.models), dtype=np.int64)
        for rows in self.of_rows.values():
            counts += np.bincount(rows[rows >= 0], minlength=len(self.models))
        return counts


def read_assets(data: NetworkData) -> AssetTable:
    """Return the models that own columns record; of two columns for one thing the first counts."""
    import pandas as pd

    models: dict[AssetModel, int] = {}
    of_rows: dict[str, NDArray[np.int32]] = {}
    for frame in ASSET_FRAMES:
        texts = dict(_list_columns(data, frame))
        if not texts:
            continue
        table = pd.DataFrame(texts)
        groups = table.groupby(list(table.columns), sort=True, dropna=False)
        numbers = np.full(len(table), -1, dtype=np.int32)
        for values, rows in groups.indices.items():
            known = dict(zip(table.columns, values if isinstance(values, tuple) else (values,),
                             strict=True))  # fmt: skip
            model = AssetModel(
                known.get("manufacturer", ""), known.get("model", ""), known.get("catalog", "")
            )
            if model.model or model.catalog:
                numbers[rows] = models.setdefault(model, len(models))
        of_rows[frame] = numbers
    return AssetTable(tuple(models), of_rows)


def _list_columns(data: NetworkData, frame: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what is recorded of the assets of a frame, by what it is."""
    own = getattr(data, frame).own
    folded = {_NAME_DROPPED.sub("", name.lower()): column for name, column in reversed(own.items())}
    named = (("manufacturer", MAKER_NAMES), ("model", MODEL_NAMES), ("catalog", CATALOG_NAMES))
    for what, names in named:
        column = next((folded[name] for name in names if name in folded), None)
        if column is not None:
            yield what, [bytes(text).decode() for text in column.list_texts()]

"""A trained model as named parts of text and bytes, none of which can run code when read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.erm import group_table, history_tail
from gridtwin.analysis.erm.quantile_forest import (
    BLIND,
    QUANTILE_LEVELS,
    SEEING,
    QuantileForest,
    can_use_lightgbm,
    make_matrix,
)
from gridtwin.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.analysis.erm.outage_features import OutageFeatures
    from gridtwin.model.outage_history import OutageHistory

    Float = NDArray[np.float64]

MODEL_FORMAT = "gridtwin.erm-model/1"
HEAD_PART = "model.json"


@dataclass(frozen=True)
class ErmModel:
    """
    What was learnt, the sources it was learnt from, and where it comes from.

    ``forests`` is empty where the history was too thin for trees; ``tables`` answers then, and on
    a machine where LightGBM cannot start. ``own`` holds the trees of single sources with much
    history; their answer and that of all sources' trees are averaged. ``tails`` holds the end of
    each source's history. ``version`` names the model in every estimate: the day it was made and
    its checksum.
    """

    sources: tuple[str, ...]
    forests: Mapping[str, QuantileForest]
    tables: Mapping[str, group_table.GroupTable]
    created_at: str
    trained_until_s: Mapping[str, float] = field(default_factory=dict)
    tails: Mapping[str, OutageHistory] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, QuantileForest]] = field(default_factory=dict)
    checksum: str = ""

    @property
    def version(self) -> str:
        """Return a short name of this very model."""
        return f"erm-{self.created_at[:10]}-{self.checksum[:8]}"

    @property
    def uses_trees(self) -> bool:
        """Whether answers come from trees; if not, from tables of like outages."""
        return bool(self.forests) and can_use_lightgbm()

    def predict_hours_left(self, kind: str, features: OutageFeatures, source: str) -> Float:
        """Return the uncorrected hours left at every level, shape (n, levels)."""
        if not len(features.values):
            return np.empty((0, len(QUANTILE_LEVELS)))
        if not self.uses_trees:
            return self.tables[kind].predict_hours_left(features.names, features.values)
        number = self.sources.index(source) if source in self.sources else -1
        matrix = make_matrix(features, number)
        hours = self.forests[kind].predict_hours(matrix)
        if source not in self.own:
            return hours
        own_hours = self.own[source][kind].predict_hours(matrix)
        return (np.sqrt(hours) / 2 + np.sqrt(own_hours) / 2) ** 2


def to_parts(model: ErmModel) -> dict[str, bytes]:
    """Return a model as named parts; the head holds the checksum of all others."""
    parts = {
        f"{name}_{place:02}.txt": text.encode()
        for name, forest in _name_forests(model).items()
        for place, text in enumerate(forest.trees)
    }
    parts |= {f"tail_{name}.npz": history_tail.to_bytes(tail) for name, tail in model.tails.items()}
    tables = {kind: group_table.to_document(groups) for kind, groups in model.tables.items()}
    parts["tables.json"] = json.dumps(tables).encode()
    head = {
        "format": MODEL_FORMAT,
        "created_at": model.created_at,
        "sources": list(model.sources),
        "trained_until_s": dict(model.trained_until_s),
        "levels": list(QUANTILE_LEVELS),
        "features": {kind: list(forest.features) for kind, forest in model.forests.items()},
        "own": sorted(model.own),
        "tails": sorted(model.tails),
        "checksum": _compute_checksum(parts),
    }
    return {HEAD_PART: json.dumps(head, indent=1).encode(), **parts}


def from_parts(parts: Mapping[str, bytes], where: str) -> ErmModel:
    """
    Return the model of named parts.

    Raises
    ------
    SourceError
        If they are no model, of another format, or were changed.
    """
    head = _read_head(parts, where)
    rest = {name: part for name, part in parts.items() if name != HEAD_PART}
    if _compute_checksum(rest) != head["checksum"]:
        msg = f"{where}: the model is damaged (its checksum differs); train it again"
        raise SourceError(msg)
    names = {kind: tuple(columns) for kind, columns in head["features"].items()}

    def read_forests(prefix: str) -> dict[str, QuantileForest]:
        return {
            kind: _read_forest(parts, f"{prefix}{kind}_", columns)
            for kind, columns in names.items()
        }

    tables = json.loads(parts["tables.json"])
    return ErmModel(
        sources=tuple(head["sources"]),
        forests=read_forests(""),
        own={source: read_forests(f"own_{source}_") for source in head["own"]},
        tables={kind: group_table.from_document(tables[kind]) for kind in (BLIND, SEEING)},
        created_at=head["created_at"],
        trained_until_s=head["trained_until_s"],
        tails={
            name: history_tail.from_bytes(parts[f"tail_{name}.npz"], where)
            for name in head["tails"]
        },
        checksum=head["checksum"],
    )


def _name_forests(model: ErmModel) -> dict[str, QuantileForest]:
    """Return every forest by the name of its parts."""
    own = {
        f"own_{source}_{kind}": forest
        for source, kinds in model.own.items()
        for kind, forest in kinds.items()
    }
    return {**model.forests, **own}


def _read_forest(parts: Mapping[str, bytes], prefix: str, names: tuple[str, ...]) -> QuantileForest:
    mine = [name for name in sorted(parts) if name.startswith(prefix)]
    return QuantileForest(names, tuple(parts[name].decode() for name in mine))


def _read_head(parts: Mapping[str, bytes], where: str) -> dict[str, Any]:
    try:
        head = json.loads(parts[HEAD_PART])
        fits = head["format"] == MODEL_FORMAT and tuple(head["levels"]) == QUANTILE_LEVELS
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{where}: no model of ERM; make one with gridtwin erm train"
        raise SourceError(msg) from error
    if not fits:
        made = head["format"]
        msg = f"{where}: a model of {made}, this gridtwin reads {MODEL_FORMAT}; train it again"
        raise SourceError(msg)
    return head


def _compute_checksum(parts: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(parts):
        digest.update(name.encode() + b"\0" + parts[name])
    return digest.hexdigest()

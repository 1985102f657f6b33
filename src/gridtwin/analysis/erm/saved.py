"""A trained model as named parts of text and bytes, none of which can run code when read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.erm.model import BLIND, LEVELS, SEEING, Forest, matrix_of
from gridtwin.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.analysis.erm.features import Features

    Float = NDArray[np.float64]

FORMAT = "gridtwin.erm-model/1"
HEAD = "model.json"


@dataclass(frozen=True)
class ErmModel:
    """
    Forests, the sources they were trained on, and where they come from.

    ``version`` names the model in every estimate: the day it was made and its checksum.
    """

    sources: tuple[str, ...]
    forests: Mapping[str, Forest]
    created_at: str
    trained_until_s: Mapping[str, float] = field(default_factory=dict)
    checksum: str = ""

    @property
    def version(self) -> str:
        """Return a short name of this very model."""
        return f"erm-{self.created_at[:10]}-{self.checksum[:8]}"

    def hours_left(self, kind: str, features: Features, source: str) -> Float:
        """Return the uncorrected hours left at every level, shape (n, levels)."""
        number = self.sources.index(source) if source in self.sources else -1
        forest = self.forests[kind]
        if not len(features.values):
            return np.empty((0, len(LEVELS)))
        return forest.predict(matrix_of(features, number))


def to_parts(model: ErmModel) -> dict[str, bytes]:
    """Return a model as named parts; the head holds the checksum of all others."""
    parts = {
        f"{kind}_{level}.txt": text.encode()
        for kind, forest in model.forests.items()
        for level, text in zip(LEVELS, forest.trees, strict=True)
    }
    head = {
        "format": FORMAT,
        "created_at": model.created_at,
        "sources": list(model.sources),
        "trained_until_s": dict(model.trained_until_s),
        "levels": list(LEVELS),
        "features": {kind: list(forest.features) for kind, forest in model.forests.items()},
        "checksum": _checksum(parts),
    }
    return {HEAD: json.dumps(head, indent=1).encode(), **parts}


def from_parts(parts: Mapping[str, bytes], where: str) -> ErmModel:
    """
    Return the model of named parts.

    Raises
    ------
    SourceError
        If they are no model, of another format, or were changed.
    """
    head = _head(parts, where)
    trees = {
        kind: tuple(parts.get(f"{kind}_{level}.txt", b"").decode() for level in LEVELS)
        for kind in (BLIND, SEEING)
    }
    rest = {name: part for name, part in parts.items() if name.endswith(".txt")}
    if _checksum(rest) != head["checksum"] or not all(all(texts) for texts in trees.values()):
        msg = f"{where}: the model is damaged (its checksum differs); train it again"
        raise SourceError(msg)
    return ErmModel(
        sources=tuple(head["sources"]),
        forests={kind: Forest(tuple(head["features"][kind]), trees[kind]) for kind in trees},
        created_at=head["created_at"],
        trained_until_s=head["trained_until_s"],
        checksum=head["checksum"],
    )


def _head(parts: Mapping[str, bytes], where: str) -> dict[str, Any]:
    try:
        head = json.loads(parts[HEAD])
        fits = head["format"] == FORMAT and tuple(head["levels"]) == LEVELS
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{where}: no model of ERM; make one with gridtwin erm train"
        raise SourceError(msg) from error
    if not fits:
        msg = f"{where}: a model of {head['format']}, this gridtwin reads {FORMAT}; train it again"
        raise SourceError(msg)
    return head


def _checksum(parts: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(parts):
        digest.update(name.encode() + b"\0" + parts[name])
    return digest.hexdigest()

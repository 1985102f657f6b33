"""
Quantiles of the time an outage has left, by gradient-boosted trees, one forest per quantile.

Quantile regression (Koenker and Bassett, Econometrica 46, 1978) on the square root of the hours
left: the pinball loss of hours then rules, yet a storm of days does not drown everything else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.analysis.erm.features import Features

    Float = NDArray[np.float64]

LEVELS = (0.1, 0.5, 0.8, 0.9, 0.95)
BLIND, SEEING = "blind", "seeing"  # without and with the utility's own estimate
LONGEST_H = 24.0 * 60
SHORTEST_H = 1 / 60
ROUNDS = 200
SIDE_BY_SIDE = 2
# The trees learn by how much the root of the hours left differs from that of the utility's
# estimate, cut off at so many hours. A low cut forgives estimates that are days off, a high one
# follows those of great storms; the mean of both roots is the answer.
CUTS_H = (12.0, 72.0)
LEAD = "etr_lead"
PARAMETERS: Mapping[str, Any] = {
    "objective": "quantile",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 300,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "num_threads": 1,  # threads of one fit wait for one another; fits side by side do not
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
    "seed": 1,
}
PLACE = ("lat", "lon")  # mean nothing for a source that was not trained on


@dataclass(frozen=True)
class Forest:
    """The trees of one kind of model, as LightGBM's own text, one a cut and level."""

    features: tuple[str, ...]
    trees: tuple[str, ...]
    _loaded: list[Any] = field(default_factory=list, repr=False, compare=False)

    def predict(self, matrix: NDArray[np.float32]) -> Float:
        """
        Return the hours left at every level of `LEVELS`, shape (n, levels), increasing.

        Raises
        ------
        MissingExtraError
            If LightGBM cannot be loaded on this machine.
        """
        if not self._loaded:
            boosting = lightgbm()
            self._loaded.extend(boosting.Booster(model_str=text) for text in self.trees)
        members = len(self.trees) // len(LEVELS)
        total = np.zeros((len(matrix), len(LEVELS)))
        for place, tree in enumerate(self._loaded):
            member, level = divmod(place, len(LEVELS))
            start = _base(self.features, matrix, CUTS_H[member])
            total[:, level] += np.maximum(start + tree.predict(matrix, num_threads=1), 0)
        hours = np.clip((total / members) ** 2, SHORTEST_H, LONGEST_H)
        return np.sort(hours, axis=1)


def _base(names: tuple[str, ...], matrix: NDArray[np.float32], cut_h: float) -> Float:
    """Return the root of the hours the utility's estimate leaves, 0 without one."""
    if LEAD not in names:
        return np.zeros(len(matrix))
    lead = np.nan_to_num(matrix[:, names.index(LEAD)].astype(float), nan=0.0)
    return np.sqrt(np.clip(lead, 0, cut_h))


def lightgbm() -> Any:
    """
    Return LightGBM.

    Raises
    ------
    MissingExtraError
        If it, or the OpenMP library it needs, is missing.
    """
    try:
        import lightgbm as found
    except (ImportError, OSError) as error:
        need = f"LightGBM cannot start ({error}; on Debian: apt-get install libgomp1); training it"
        raise MissingExtraError(need, "test") from error
    return found


def startable() -> bool:
    """Return whether LightGBM can be used on this machine."""
    try:
        lightgbm()
    except MissingExtraError:
        return False
    return True


def matrix_of(features: Features, source: int) -> NDArray[np.float32]:
    """Return the features and the number of the source, NaN (and no place) if it is unknown."""
    values = features.values
    if source < 0:
        values = values.copy()
        values[:, [features.names.index(name) for name in PLACE]] = np.nan
    number = np.full((len(values), 1), source if source >= 0 else np.nan, np.float32)
    return np.concatenate([values, number], axis=1)


def fit_forest(
    names: tuple[str, ...], matrix: NDArray[np.float32], left_h: Float, weight: Float
) -> Forest:
    """
    Fit one forest per level.

    Parameters
    ----------
    names
        Names of the columns but the last, which is the number of the source.
    matrix
        Rows as `matrix_of` makes them.
    left_h
        Hours left, shape (n,).
    weight
        Weight of each row, shape (n,).
    """
    from concurrent.futures import ThreadPoolExecutor

    boosting = lightgbm()
    root = np.sqrt(np.clip(left_h, SHORTEST_H, LONGEST_H))
    labels = [*names, "source"]

    members = CUTS_H if LEAD in names else CUTS_H[:1]

    def fit(member_level: tuple[float, float]) -> str:
        cut_h, level = member_level
        data = boosting.Dataset(
            matrix,
            root - _base(names, matrix, cut_h),
            weight=weight,
            feature_name=labels,
            categorical_feature=["source"],
        )
        trees = boosting.train({**PARAMETERS, "alpha": level}, data, ROUNDS)
        return _lean(trees.model_to_string())

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        trees = tuple(pool.map(fit, product(members, LEVELS)))
    return Forest(tuple(names), trees)


def _lean(text: str) -> str:
    """Return a model's text without what only training and explaining need."""
    unneeded = ("split_gain", "internal_", "leaf_weight", "leaf_count", "tree_sizes")
    trees, _, _ = text.partition("\nfeature_importances:")
    kept = [line for line in trees.splitlines() if not line.startswith(unneeded)]
    return "\n".join(kept) + "\n"

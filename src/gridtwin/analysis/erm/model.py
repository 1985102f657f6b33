"""
Quantiles of the time an outage has left, by gradient-boosted trees, one forest per quantile.

Quantile regression (Koenker and Bassett, Econometrica 46, 1978) on the square root of the hours
left: the pinball loss of hours then rules, yet a storm of days does not drown everything else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
PARAMETERS: Mapping[str, Any] = {
    "objective": "quantile",
    "learning_rate": 0.08,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.6,
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
    """The trees of one kind of model, as LightGBM's own text, one a level."""

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
        roots = np.stack([tree.predict(matrix, num_threads=1) for tree in self._loaded], axis=1)
        hours = np.clip(np.maximum(roots, 0) ** 2, SHORTEST_H, LONGEST_H)
        return np.sort(hours, axis=1)


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
    except OSError as error:
        msg = f"LightGBM cannot start ({error}); on Debian: apt-get install libgomp1; the model"
        raise MissingExtraError(msg, "all") from error
    return found


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

    def fit(level: float) -> str:
        data = boosting.Dataset(
            matrix, root, weight=weight, feature_name=labels, categorical_feature=["source"]
        )
        return boosting.train({**PARAMETERS, "alpha": level}, data, ROUNDS).model_to_string()

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        trees = tuple(pool.map(fit, LEVELS))
    return Forest(tuple(names), trees)

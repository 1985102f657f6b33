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

from gridtwin.errors import GridtwinError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.analysis.erm.outage_features import OutageFeatures

    Float = NDArray[np.float64]

QUANTILE_LEVELS = (0.1, 0.5, 0.8, 0.9, 0.95)
BLIND, SEEING = "blind", "seeing"  # without and with the utility's own estimate
LONGEST_H = 24.0 * 60
SHORTEST_H = 1 / 60
ROUNDS = 200
OWN_ROUNDS, OWN_LEAVES = 120, 24  # for trees of one source alone, beside those of all
SIDE_BY_SIDE = 2
# Two ways to lean on the utility's estimate; the mean of their roots is the answer. The first
# learns the difference of roots and forgives estimates that are days off; the second learns the
# difference itself, damped, and follows those of great storms.
NEAR_CUT_H, FAR_CUT_H = 12.0, 72.0
DAMPING_POWER = 0.7
LEAD_FEATURE = "etr_lead"
PARAMETERS: Mapping[str, Any] = {
    "objective": "quantile",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 300,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "num_threads": 1,  # threads of one fit wait for one another; fits side by side do not
    "deterministic": True,
    "force_col_wise": True,
    "max_bin": 127,
    "verbose": -1,
    "seed": 1,
}
PLACE_FEATURES = ("lat", "lon")  # mean nothing for a source that was not trained on


@dataclass(frozen=True)
class QuantileForest:
    """The trees of one kind of model, as LightGBM's own text, one a cut and level."""

    features: tuple[str, ...]
    trees: tuple[str, ...]
    _loaded: list[Any] = field(default_factory=list, repr=False, compare=False)

    def predict_hours(self, matrix: NDArray[np.float32]) -> Float:
        """
        Return the hours left at every level of `QUANTILE_LEVELS`, shape (n, levels), increasing.

        Raises
        ------
        GridtwinError
            If LightGBM cannot start on this machine.
        """
        if not self._loaded:
            boosting = import_lightgbm()
            self._loaded.extend(boosting.Booster(model_str=text) for text in self.trees)
        ways = _make_transforms(self.features, matrix)
        total = np.zeros((len(matrix), len(QUANTILE_LEVELS)))
        for place, tree in enumerate(self._loaded):
            way, level = divmod(place, len(QUANTILE_LEVELS))
            total[:, level] += ways[way].invert_target(tree.predict(matrix, num_threads=1))
        hours = np.clip((total / len(ways)) ** 2, SHORTEST_H, LONGEST_H)
        return np.sort(hours, axis=1)


@dataclass(frozen=True)
class _RootTransform:
    """What is learnt is the root of the hours left, less that of what the estimate leaves."""

    lead_h: Float

    def make_target(self, left_h: Float) -> Float:
        return np.sqrt(left_h) - np.sqrt(self.lead_h)

    def invert_target(self, answer: Float) -> Float:
        return np.maximum(answer + np.sqrt(self.lead_h), 0)


@dataclass(frozen=True)
class _DampedTransform:
    """What is learnt is by how much the estimate is missed, great misses damped."""

    lead_h: Float

    def make_target(self, left_h: Float) -> Float:
        missed = left_h - self.lead_h
        return np.sign(missed) * np.abs(missed) ** DAMPING_POWER

    def invert_target(self, answer: Float) -> Float:
        missed = np.sign(answer) * np.abs(answer) ** (1 / DAMPING_POWER)
        return np.sqrt(np.maximum(self.lead_h + missed, 0))


def _make_transforms(
    names: tuple[str, ...], matrix: NDArray[np.float32]
) -> list[_RootTransform | _DampedTransform]:
    """Return how the utility's estimate is leant on; without one it leaves nothing."""
    given = (
        matrix[:, names.index(LEAD_FEATURE)]
        if LEAD_FEATURE in names
        else np.zeros(len(matrix), np.float32)
    )
    lead = np.nan_to_num(given.astype(float), nan=0.0)
    return [
        _RootTransform(np.clip(lead, 0, NEAR_CUT_H)),
        _DampedTransform(np.clip(lead, 0, FAR_CUT_H)),
    ]


def import_lightgbm() -> Any:
    """
    Return LightGBM.

    Raises
    ------
    GridtwinError
        If the OpenMP library it needs is missing on this machine.
    """
    try:
        import lightgbm as found
    except (ImportError, OSError) as error:
        mend = "install OpenMP (Debian: apt-get install libgomp1; macOS: brew install libomp)"
        msg = f"LightGBM cannot start ({error}): {mend}"
        raise GridtwinError(msg) from error
    return found


def can_use_lightgbm() -> bool:
    """Return whether LightGBM can be used on this machine."""
    try:
        import_lightgbm()
    except GridtwinError:
        return False
    return True


def make_matrix(features: OutageFeatures, source: int) -> NDArray[np.float32]:
    """Return the features and the number of the source, NaN (and no place) if it is unknown."""
    values = features.values
    if source < 0:
        values = values.copy()
        values[:, [features.names.index(name) for name in PLACE_FEATURES]] = np.nan
    number = np.full((len(values), 1), source if source >= 0 else np.nan, np.float32)
    return np.concatenate([values, number], axis=1)


def fit_forest(
    names: tuple[str, ...],
    matrix: NDArray[np.float32],
    left_h: Float,
    weight: Float,
    *,
    own: bool = False,
) -> QuantileForest:
    """
    Fit one forest per level.

    Parameters
    ----------
    names
        Names of the columns but the last, which is the number of the source.
    matrix
        Rows as `make_matrix` makes them.
    left_h
        Hours left, shape (n,).
    weight
        Weight of each row, shape (n,).
    own
        Whether the rows are of one source alone.
    """
    from concurrent.futures import ThreadPoolExecutor

    boosting = import_lightgbm()
    left_h = np.clip(left_h, SHORTEST_H, LONGEST_H)
    labels = [*names, "source"]

    rounds = OWN_ROUNDS if own else ROUNDS
    size = {"num_leaves": OWN_LEAVES} if own else {}

    def fit_level(way_level: tuple[_RootTransform | _DampedTransform, float]) -> str:
        way, level = way_level
        data = boosting.Dataset(
            matrix,
            way.make_target(left_h),
            weight=weight,
            feature_name=labels,
            categorical_feature=["source"],
        )
        trees = boosting.train({**PARAMETERS, **size, "alpha": level}, data, rounds)
        return _strip_text(trees.model_to_string())

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        trees = tuple(
            pool.map(fit_level, product(_make_transforms(names, matrix), QUANTILE_LEVELS))
        )
    return QuantileForest(tuple(names), trees)


def _strip_text(text: str) -> str:
    """Return a model's text without what only training and explaining need."""
    unneeded = ("split_gain", "internal_", "leaf_weight", "leaf_count", "tree_sizes")
    trees, _, _ = text.partition("\nfeature_importances:")
    kept = [line for line in trees.splitlines() if not line.startswith(unneeded)]
    return "\n".join(kept) + "\n"

"""Say how good matches are: against a truth, or from a sample that people looked at."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WILSON_Z = 1.959964  # of 95 % confidence


class Share(NamedTuple):
    """A share with its interval of 95 % confidence, after Wilson."""

    value: float
    low: float
    high: float
    looked_at: int


class MatchQuality(NamedTuple):
    """How the pairs of parties agree with the pairs of the truth."""

    precision: Share
    recall: Share

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision.value + self.recall.value
        return 2 * self.precision.value * self.recall.value / total if total else 0.0


def estimate_share(hits: int, count: int) -> Share:
    """Return a share, and between what it lies with 95 % confidence; of none: 0 to 1."""
    if count == 0:
        return Share(0.0, 0.0, 1.0, 0)
    share, z = hits / count, WILSON_Z
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * sqrt(share * (1 - share) / count + (z / count) ** 2 / 4)
    return Share(share, max(0.0, middle - half), min(1.0, middle + half), count)


def measure_pairs(
    party_of: Mapping[str, str],
    truth: pd.Series,
    *,
    across: Callable[[pd.Series], pd.Series] | None = None,
) -> MatchQuality:
    """
    Compare which records are of one party with the truth, over all pairs of records.

    Parameters
    ----------
    party_of
        The party of each record.
    truth
        The true party, by record.
    across
        Gives the source of each record: pairs within one source are not counted then.
    """
    said = pd.Series(party_of).reindex(truth.index)
    side = across(truth.index.to_series()) if across else pd.Series("", truth.index)
    frame = pd.DataFrame({"said": said, "true": truth, "side": side})
    frame = frame[frame["said"].notna()]
    both = _count_pairs(frame, ["said", "true"])
    return MatchQuality(
        estimate_share(both, _count_pairs(frame, ["said"])),
        estimate_share(both, _count_pairs(pd.DataFrame({"true": truth, "side": side}), ["true"])),
    )


def _count_pairs(frame: pd.DataFrame, keys: list[str]) -> int:
    """Count the pairs of rows that agree in keys; of two sides, unless there is only one."""
    sizes = frame.groupby(keys, sort=False).size()
    pairs = int((sizes * (sizes - 1) // 2).sum())
    if frame["side"].nunique() < 2:
        return pairs
    within = frame.groupby([*keys, "side"], sort=False).size()
    return pairs - int((within * (within - 1) // 2).sum())

"""Say whether a mapping holds: rows read and mapped, what was told, recorded against traced."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gridtwin.model.network import Network
    from gridtwin.model.notices import Notice

# Notices of rows or joins that a mapping should not lose; others are worth a look.
MAPPING_ERRORS = frozenset(
    {
        "unmapped_code",
        "missing_column",
        "undrawn_line",
        "association_to_nothing",
        "line_without_side",
        "device_stacked",
        "recorded_feeder",
    }
)


class LayerTally(NamedTuple):
    """What became of the rows of one layer in one block."""

    block: str
    layer: str
    to: str
    read: int
    filtered: int  # left out by where
    unlisted: int  # left out because of a code that is not listed, or listed as nothing
    repeated: int  # left out because another row of their key is preferred
    mapped: int


class FeederComparison(NamedTuple):
    """How many rows record the feeder that is traced."""

    equal: int
    compared: int


class MappingReport(NamedTuple):
    """How a mapping fits a source."""

    mapping: str
    tallies: tuple[LayerTally, ...]
    feeders: FeederComparison
    network: Network

    @property
    def has_errors(self) -> bool:
        """Whether any notice is an error."""
        return any(self.judge_notice(notice) == "error" for notice in self.network.notices)

    @staticmethod
    def judge_notice(notice: Notice) -> str:
        """Return how bad a notice is: ``"error"`` or ``"warning"``."""
        return "error" if notice.rule in MAPPING_ERRORS else "warning"

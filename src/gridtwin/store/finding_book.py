"""Say what every store keeps of the findings in its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gridtwin.model.findings import Acceptance, LoadFindings


class FindingBook(Protocol):
    """What was found in the source of a twin, and which findings are accepted."""

    def read_findings(self) -> LoadFindings:
        """Return what was found when the source was read, and all that is accepted."""
        ...

    def write_findings(self, loaded: LoadFindings) -> None:
        """Keep what was found when a source was read, and all that is accepted, in place of it."""
        ...

    def accept_finding(self, acceptance: Acceptance) -> None:
        """Keep that a finding is accepted, in place of what was said of it before."""
        ...

    def undo_acceptance(self, rule: str, key: str) -> None:
        """Accept a finding no longer; NotFoundError, with close matches, if it is not accepted."""
        ...

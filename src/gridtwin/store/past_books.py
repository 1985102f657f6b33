"""Refuse to write what has no past, where a twin is shown as it was at a past moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.store.store_rules import build_read_only_error

if TYPE_CHECKING:
    from datetime import datetime

    from gridtwin.model.findings import Acceptance, LoadFindings
    from gridtwin.store.finding_book import FindingBook
    from gridtwin.store.state_book import SpecBook
    from gridtwin.store.vegetation_book import LayerChange, VegetationBook


class PastSpecs:
    """The trace specs of a twin: they have no past, and are not written from there."""

    def __init__(self, book: SpecBook, when: datetime) -> None:
        self.when = when
        self.read_spec = book.read_spec
        self.list_names = book.list_names

    def save_spec(self, name: str, text: str) -> None:  # noqa: ARG002
        """Refuse to write."""
        raise build_read_only_error(self.when)


class PastFindings:
    """The findings of a twin: they have no past, and are not accepted from there."""

    def __init__(self, book: FindingBook, when: datetime) -> None:
        self.when = when
        self.read_findings = book.read_findings

    def write_findings(self, loaded: LoadFindings) -> None:  # noqa: ARG002
        """Refuse to write."""
        raise build_read_only_error(self.when)

    def accept_finding(self, acceptance: Acceptance) -> None:  # noqa: ARG002
        """Refuse to write."""
        raise build_read_only_error(self.when)

    def undo_acceptance(self, rule: str, key: str) -> None:  # noqa: ARG002
        """Refuse to write."""
        raise build_read_only_error(self.when)


class PastVegetation:
    """The vegetation of a twin: it has no past, and is not loaded there."""

    def __init__(self, book: VegetationBook, when: datetime) -> None:
        self.when = when
        self.list_layers = book.list_layers
        self.read_areas = book.read_areas
        self.read_spans = book.read_spans
        self.find_span = book.find_span

    def change_layer(self, change: LayerChange) -> None:  # noqa: ARG002
        """Refuse to write."""
        raise build_read_only_error(self.when)

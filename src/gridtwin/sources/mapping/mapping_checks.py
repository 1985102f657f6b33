"""Read what a mapping file checks, and which findings it accepts: ``[checks]``, ``[[accept]]``."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gridtwin.model.findings import Acceptance
from gridtwin.sources.mapping.mapping_keys import ACCEPT_KEYS, CHECK_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridtwin.sources.mapping.mapping_table import MappingTable

RECORDED_FEEDER = "recorded_feeder"
RECORDED_TRANSFORMER = "recorded_transformer"
RECORDED_COLUMNS = tuple(CHECK_KEYS)
EVERY_LAYER = "*"


@dataclass(frozen=True, slots=True)
class MappingChecks:
    """What a mapping compares with what is traced, and what it accepts."""

    recorded: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by check and layer
    accepted: tuple[Acceptance, ...] = ()

    def list_recorded(self, layer: str, there: Iterable[str]) -> dict[str, str]:
        """
        Return the columns of a layer that record a feeder or a transformer, by check.

        Parameters
        ----------
        layer
            The layer.
        there
            Its columns; one that is named for all layers need not be there.

        Raises
        ------
        KeyError
            With check and column, if a column named for this very layer is not there.
        """
        folded = {name.casefold(): name for name in there}
        columns = {}
        for check, named in self.recorded.items():
            own = [name for key, name in named.items() if key.casefold() == layer.casefold()]
            for name in own or [named.get(EVERY_LAYER, "")]:
                if name.casefold() in folded:
                    columns[check] = folded[name.casefold()]
                elif own:
                    raise KeyError(check, name)
        return columns


def read_checks(top: MappingTable) -> MappingChecks:
    """
    Return what a mapping file checks and accepts.

    Raises
    ------
    SourceError
        With file, block and key, if one says what cannot be.
    """
    table = top.read_table("checks", RECORDED_COLUMNS)
    recorded = {check: _read_columns(table, check) for check in table.values}
    _refuse_unread_layers(top, table, recorded)
    return MappingChecks(recorded, tuple(_read_acceptance(t) for t in top.list_tables("accept")))


def _read_columns(table: MappingTable, check: str) -> dict[str, str]:
    """Return the column that records it in each layer; that of ``*`` is for all others."""
    below = table
    if isinstance(table.values[check], dict):
        below = table.read_table(check, None)
        columns = {layer: below.read_text(layer) for layer in below.values}
    else:
        columns = {EVERY_LAYER: table.read_text(check)}
    for layer, column in columns.items():
        if not column:
            below.refuse_key("say the column that records it", check if below is table else layer)
    return columns


def _refuse_unread_layers(
    top: MappingTable, table: MappingTable, recorded: Mapping[str, Mapping[str, str]]
) -> None:
    """Refuse a layer that no block can read: patterns are taken for what they may match."""
    patterns = [name for block in top.list_tables("layer") for name in block.list_texts("from")]
    folded = [pattern.casefold() for pattern in patterns]
    if any(set("*?[") & set(pattern) for pattern in folded):
        return
    for check, named in recorded.items():
        for layer in named:
            if layer != EVERY_LAYER and layer.casefold() not in folded:
                close = difflib.get_close_matches(layer, patterns, n=1)
                hint = f"did you mean {close[0]}?" if close else "name one that a block reads"
                table.refuse_key(f"no block reads a layer {layer}; {hint}", check)


def _read_acceptance(table: MappingTable) -> Acceptance:
    """Return one block ``[[accept]]``; each of its keys is needed."""
    table.require_keys(ACCEPT_KEYS)
    texts = [table.read_text(key) for key in ACCEPT_KEYS]
    for key, text in zip(ACCEPT_KEYS, texts, strict=True):
        if not text:
            table.refuse_key(
                "say rule, key (its mRID, or LAYER:KEY, or * for all of the rule) and reason", key
            )
    return Acceptance(*texts)

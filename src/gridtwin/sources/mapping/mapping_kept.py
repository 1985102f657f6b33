"""Say which columns of a source are kept beside those of the model: all, but not about persons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.model.notices import Notice
from gridtwin.sources.mapping.mapping_checks import RECORDED_COLUMNS
from gridtwin.sources.mapping.mapping_keys import list_block_columns
from gridtwin.sources.mapping.personal_columns import tell_personal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from gridtwin.sources.mapping.mapping_file import LayerBlock

KEEP_ALL = "*"
# What rows carry to be joined, beside what a block says.
JOINING_COLUMNS = ("layer", "block", "line_class", "prefer", *RECORDED_COLUMNS)
TOLD_BY = 1_000  # rows whose values tell whether a column is about persons


def list_kept(block: LayerBlock, there: Sequence[str]) -> list[str]:
    """Return the columns of a layer that a block keeps, but for those the model has anyway."""
    named = [name for name in block.keep if name not in {KEEP_ALL, *block.columns}]
    if KEEP_ALL not in block.keep:
        return named
    own = (*list_block_columns(block.to), *JOINING_COLUMNS, *named)
    taken = {name.casefold() for name in own}
    return named + [name for name in there if name.casefold() not in taken]


def drop_personal(
    frame: pd.DataFrame, block: LayerBlock, layer: str, kept: Sequence[str], mapping: str
) -> tuple[pd.DataFrame, list[Notice]]:
    """
    Return rows without what says something of persons, where all columns are kept.

    Parameters
    ----------
    frame
        The rows, with the columns of the block and those kept.
    block, layer
        Whose rows they are. A column that the block names stays.
    kept
        The columns that are kept: those of `list_kept`.
    mapping
        The mapping file, for the notice.

    Returns
    -------
        The rows, and what is told of the columns that are left out.
    """
    if KEEP_ALL not in block.keep:
        return frame, []
    named = {name.casefold() for name in block.keep}
    told = {
        name: tell_personal(
            name,
            frame[name].dropna().head(TOLD_BY).tolist(),
            of_customers=block.to == "usage_points",
        )
        for name in kept
        if name.casefold() not in named
    }
    personal = {name: what for name, what in told.items() if what}
    if not personal:
        return frame, []
    listed = ", ".join(f"{name} ({what})" for name, what in personal.items())
    names = ", ".join(f'"{name}"' for name in (KEEP_ALL, *personal))
    notice = Notice(
        "personal_column",
        f"{mapping}: {block.label}, keep: columns of {layer} that seem to be about persons are not"
        f" kept: {listed}",
        f"name those that you may keep: keep = [{names}]",
    )
    return frame.drop(columns=list(personal)), [notice]

"""Draft what a domain says of the rows of a layer: their kinds, and how switches stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.sources.drafting.draft_text import (
    DraftQuestion,
    write_code,
    write_column,
)
from gridtwin.sources.drafting.draft_values import guess_positions
from gridtwin.sources.drafting.draft_words import (
    CUSTOMER_WORDS,
    SWITCH_ROLES,
    find_kind,
    fold_text,
)
from gridtwin.sources.mapping.mapping_table import UNANSWERED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.drafting.draft_context import DraftContext
    from gridtwin.sources.drafting.draft_text import DraftBlock
    from gridtwin.sources.drafting.draft_values import GuessedPositions
    from gridtwin.sources.drafting.mapping_profile import LayerProfile

KIND_COLUMNS = r"subtype|assetgroup|assettype|type|kind|class|tip|typ$"
MOST_SEPARATING = 20  # codes up to which a column may tell parts of a layer apart
ALWAYS_OPEN, ALWAYS_CLOSED = "open", "closed"


class CodedRoles(NamedTuple):
    """What the codes of one column make of the rows of a layer."""

    column: str
    kinds: dict[str, str]  # of equipment, by code; empty for rows that are something else
    customers: tuple[str, ...]  # codes of customers
    why: str
    customer_why: str


def find_coded_roles(layer: LayerProfile, role: str) -> CodedRoles | None:
    """Return what a domain says that the rows of a layer are; None where none does."""
    if role not in {"device", "line", "switch"}:
        return None
    named = [
        each
        for each in layer.columns
        if each.words
        and each.distinct
        and (
            re.search(KIND_COLUMNS, fold_text(each.name))
            or each.name.casefold() == layer.said.subtype_field.casefold()
        )
    ]
    for column in sorted(
        named, key=lambda each: each.name.casefold() != layer.said.subtype_field.casefold()
    ):
        kinds, customers = {}, []
        for code in column.counts:
            word = column.words.get(code, "")
            if role == "device" and re.search(CUSTOMER_WORDS, fold_text(word)):
                customers.append(code)
                kinds[code] = ""
            else:
                kinds[code] = _allow_kind(find_kind(word), role)
        if not any(kinds.values()) or (role != "device" and not all(kinds.values())):
            continue
        told = ", ".join(
            f"{code} is {column.words.get(code, 'not said')}" for code in column.counts
        )
        spoken = ", ".join(f"{code} is {column.words[code]}" for code in customers)
        whose = (
            "subtypes" if column.name == layer.said.subtype_field else f"domain of {column.name}"
        )
        why = f"the {whose}: {told}"
        return CodedRoles(column.name, kinds, tuple(customers), why, spoken)
    return None


def _allow_kind(kind: str, role: str) -> str:
    """Return a kind, if rows of the role may be of it."""
    lines = {"ac_line_segment", "service_drop"}
    if role == "line":
        return kind if kind in lines else ""
    if kind in lines or (
        role in SWITCH_ROLES and kind in {"power_transformer", "voltage_regulator"}
    ):
        return ""
    return kind


def say_positions(block: DraftBlock, layer: LayerProfile, role: str, context: DraftContext) -> None:
    """Say how switches stand, or put a question that only a person can answer."""
    ids = context.node_ids
    guesses = guess_positions(layer, ids.pairs.get(layer.name, ()) if ids else ())
    designed = [each for each in guesses if not each.is_current]
    if designed:
        _say_designed(block, layer, designed[0], context)
    elif role == "fuse":
        block.note("no column says how they stand: taken as closed", "normal_open")
    elif role in SWITCH_ROLES:
        _ask_unrecorded(block, layer, context)
    current = [each for each in guesses if each.is_current and each.decided]
    if current:
        block.say("current_open", _write_positions(current[0]), current[0].why)


def _say_designed(
    block: DraftBlock, layer: LayerProfile, guess: GuessedPositions, context: DraftContext
) -> None:
    if guess.decided:
        block.say("normal_open", _write_positions(guess), guess.why)
        return
    name = next(iter(guess.columns.values()))
    choices = (*guess.values, ALWAYS_OPEN, ALWAYS_CLOSED)
    text = (
        f"{layer.name}: {guess.why}. Which word means open? ({ALWAYS_OPEN} or {ALWAYS_CLOSED}:"
        " the column says something else, and all stand so)"
    )
    answer = context.ask(DraftQuestion(f"{layer.name}.{name}", text, choices))
    if answer in {ALWAYS_OPEN, ALWAYS_CLOSED} and answer not in guess.values:
        block.say("normal_open", answer == ALWAYS_OPEN, f"{guess.why}; answered: all {answer}")
        return
    if answer is None or answer not in guess.values:
        words: dict[str, Any] = {"open": UNANSWERED, "closed": UNANSWERED}
        block.say("normal_open", {**_write_columns(guess), **words}, guess.why)
        return
    closed = [value for value in guess.values if value != answer]
    closed += [""] if _count_blank(layer, guess) else []
    known = guess._replace(open=(answer,), closed=tuple(closed))
    block.say("normal_open", _write_positions(known), f"{guess.why}; answered: {answer} is open")


def _count_blank(layer: LayerProfile, guess: GuessedPositions) -> int:
    columns = [layer.find_column(name) for name in guess.columns.values()]
    return sum(column.blank for column in columns if column is not None)


def _ask_unrecorded(block: DraftBlock, layer: LayerProfile, context: DraftContext) -> None:
    """Ask how all switches of a layer stand that records nothing of it."""
    why = "no column says how these switches stand"
    text = f"{layer.name}: {why}. Do they stand open or closed?"
    answer = context.ask(DraftQuestion(layer.name, text, (ALWAYS_OPEN, ALWAYS_CLOSED)))
    if answer in {ALWAYS_OPEN, ALWAYS_CLOSED}:
        block.say("normal_open", answer == ALWAYS_OPEN, f"{why}; answered: all {answer}")
    else:
        block.say("normal_open", UNANSWERED, f"{why}: say true for open, or false for closed")


def _write_columns(guess: GuessedPositions) -> dict[str, str]:
    return {pole or "column": write_column(name) for pole, name in guess.columns.items()}


def _write_positions(guess: GuessedPositions) -> dict[str, Any]:
    table: dict[str, Any] = dict(_write_columns(guess))
    for key in ("open", "closed", "absent"):
        words = getattr(guess, key)
        if words:
            table[key] = words[0] if len(words) == 1 else list(words)
    return table


def find_separator(layer: LayerProfile, apart: NDArray[np.bool_]) -> tuple[str, str] | None:
    """
    Return the filters of the rows that are apart and of the others, where one column tells them.

    Parameters
    ----------
    layer
        The layer.
    apart
        Which of its rows are to be told from the others.
    """
    for column in layer.columns:
        if not 2 <= column.distinct <= MOST_SEPARATING or column.is_fid or column.blank:
            continue
        texts = np.array(layer.list_texts(column.name), dtype=object)
        inside, outside = set(texts[apart]), set(texts[~apart])
        if inside & outside:
            continue
        name = write_column(column.name)
        listed = ", ".join(write_code(code, column.kind) for code in sorted(inside))
        if len(inside) == 1:
            return f"{name} = {listed}", f"{name} <> {listed}"
        return f"{name} in ({listed})", f"{name} not in ({listed})"
    return None

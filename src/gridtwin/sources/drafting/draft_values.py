"""Guess which columns are the key, the phases and the positions of a layer, each with why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.sources.drafting.draft_text import write_code, write_column
from gridtwin.sources.drafting.draft_words import (
    ACTIVE_NAMES,
    CURRENT_NAMES,
    ID_WORDS,
    IN_SERVICE_PAIRS,
    IN_SERVICE_WORDS,
    NAME_NAMES,
    PHASE_NAMES,
    POSITION_NAMES,
    POSITION_PAIRS,
    find_position_pair,
    fold_text,
    says_not_there,
)
from gridtwin.sources.mapping.mapping_rows import GUID_PATTERN
from gridtwin.sources.mapping.personal_columns import split_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gridtwin.sources.drafting.mapping_profile import ColumnProfile, LayerProfile

NEARLY_UNIQUE = 0.9  # share of distinct values from which a key may repeat by a rule
LETTER_SETS = (
    ("RST", {"R": "A", "S": "B", "T": "C"}),
    ("RYB", {"R": "A", "Y": "B", "B": "C"}),
    ("UVW", {"U": "A", "V": "B", "W": "C"}),
)
ROMAN_SET = {"L1": "A", "L2": "B", "L3": "C"}
MOST_PHASE_BITS = 15
OPEN_TEXTS = frozenset(pair.open for pair in POSITION_PAIRS if len(pair.open) > 2)
CLOSED_TEXTS = frozenset(pair.closed for pair in POSITION_PAIRS if len(pair.closed) > 2)


class GuessedKey(NamedTuple):
    """The column that names the rows of a layer."""

    column: str
    why: str
    prefer: str = ""  # which row counts where the key repeats
    prefer_why: str = ""


class GuessedPhases(NamedTuple):
    """The column of phases, and how its values are decoded."""

    column: str
    why: str
    decoder: dict[str, Any]  # as in [phases.NAME]; empty: letters of A, B, C and N as they are
    asked: bool = False  # only a person knows the bits


class GuessedPositions(NamedTuple):
    """The column or columns that say how a switch stands."""

    columns: dict[str, str]  # by pole; that of "" is of all
    values: tuple[str, ...]
    open: tuple[str, ...]  # empty: only a person knows
    closed: tuple[str, ...]
    absent: tuple[str, ...]
    why: str
    is_current: bool

    @property
    def decided(self) -> bool:
        """Whether the words for open are known."""
        return bool(self.open)


def guess_key(layer: LayerProfile, common: str, nodes: Collection[str]) -> GuessedKey | None:
    """
    Return what names the rows of a layer: a GUID before a text before a number; at worst the FID.

    Parameters
    ----------
    layer
        The layer.
    common
        The column that names the rows of most layers, which may repeat here by a rule.
    nodes
        Columns that name nodes and so no rows.
    """
    usable = [
        each
        for each in layer.columns
        if each.name not in nodes and not each.personal and each.kind in {"text", "integer"}
    ]
    ranked = sorted(
        (each for each in usable if each.is_unique), key=lambda each: -_rank_key(each, common)
    )
    own = layer.find_column(common) if common else None
    if own is not None and own in usable and not own.is_unique and not own.blank:
        ruled = _guess_preference(layer, own)
        if ruled is not None:
            return ruled
    if not ranked:
        return None
    best = ranked[0]
    shape = "a GUID" if _is_guid(best) else f"{best.kind}"
    why = f"{best.name} is {shape}, filled and unique in {layer.rows:,} rows"
    if best.is_fid:
        why = (
            f"WARNING: no column is filled and unique but {best.name}, the row number of the"
            " format: it changes with the next export, and then nothing is recognized"
        )
    return GuessedKey(best.name, why)


def _rank_key(column: ColumnProfile, common: str) -> float:
    words = set(split_words(fold_text(column.name)))
    named = bool(words & ID_WORDS) or fold_text(column.name) in ID_WORDS
    if column.is_fid:
        return 0.0
    rank = {"text": 2.0, "integer": 1.0}[column.kind] + 2.5 * named
    return rank + (10.0 if _is_guid(column) else 0.0) + (0.5 if column.name == common else 0.0)


def _is_guid(column: ColumnProfile) -> bool:
    return bool(column.values) and all(GUID_PATTERN.fullmatch(value) for value in column.values)


def _guess_preference(layer: LayerProfile, key: ColumnProfile) -> GuessedKey | None:
    """Return a key that repeats, if one value of another column is in one row of each at most."""
    if key.distinct < NEARLY_UNIQUE * layer.rows:
        return None
    keys = np.array(layer.list_texts(key.name), dtype=object)
    _, back, counts = np.unique(keys.astype(str), return_inverse=True, return_counts=True)
    twice = np.flatnonzero(counts[back] > 1)
    repeated = f"{key.name} repeats in {len(twice):,} of {layer.rows:,} rows"
    for column in sorted(layer.columns, key=lambda each: not _is_active_name(each.name)):
        if not 2 <= column.distinct <= 5:
            continue
        texts = np.array(layer.list_texts(column.name), dtype=object)
        for value in column.counts:
            there = back[twice[texts[twice] == value]]
            if len(there) and len(np.unique(there)) == len(there) == len(np.unique(back[twice])):
                where = f"{write_column(column.name)} = {write_code(value, column.kind)}"
                why = f"of those, exactly one of each key has {column.name} = {value}"
                return GuessedKey(key.name, repeated, where, why)
    if key.distinct == 0:
        return None
    active = next((each for each in layer.columns if find_active(each)), None)
    if active is None:
        return None
    code = find_active(active)
    where = f"{write_column(active.name)} = {write_code(code, active.kind)}"
    why = f"{active.name} = {code} is what is in service; the first of several such rows counts"
    return GuessedKey(key.name, repeated, where, why)


def _is_active_name(name: str) -> bool:
    return re.search(ACTIVE_NAMES, fold_text(name)) is not None


def find_active(column: ColumnProfile) -> str:
    """Return the code of a column that means in service; empty if none surely does."""
    if not _is_active_name(column.name) or column.is_fid:
        return ""
    for code, word in column.words.items():
        if re.fullmatch(IN_SERVICE_WORDS, fold_text(word)):
            return code if code in column.values else ""
    folded = {fold_text(value): value for value in column.values}
    for active, others in IN_SERVICE_PAIRS:
        if active in folded and set(folded) <= {active, *others} and not column.words:
            return folded[active]
    return ""


def guess_name(layer: LayerProfile, taken: Collection[str]) -> str:
    """Return the column of what people call a row; empty if there is none."""
    by_name = {fold_text(each.name): each for each in layer.columns}
    for name in NAME_NAMES:
        column = by_name.get(name)
        if column and column.kind == "text" and column.distinct and column.name not in taken:
            return column.name
    return ""


def guess_phases(columns: Iterable[ColumnProfile]) -> GuessedPhases | None:
    """Return the column of phases of a layer; None if there is none."""
    asked = None
    for column in columns:
        if not re.search(PHASE_NAMES, fold_text(column.name)) or not column.distinct:
            continue
        read = _decode_phases(column)
        if read is not None and not read.asked:
            return read
        asked = asked or read
    return asked


def _decode_phases(column: ColumnProfile) -> GuessedPhases | None:
    shown = f"{column.name} holds {column.show_top()}"
    values = {value.upper() for value in column.values}
    if column.words:
        return _decode_domain(column)
    letters = set("".join(values))
    if letters <= set("ABCN") and letters & set("ABC"):
        return GuessedPhases(column.name, f"{shown}: letters of A, B, C and N", {})
    for name, decoder in LETTER_SETS:
        if letters <= {*decoder, "N"} and len(letters & set(decoder)) > 1:
            why = f"{shown}: letters of {name}, taken in this order as A, B and C"
            return GuessedPhases(column.name, why, {"letters": _with_neutral(decoder, letters)})
    if all(re.fullmatch(r"(L[123]|N|[\s,+/-])+", value) for value in values):
        why = f"{shown}: L1, L2 and L3, taken as A, B and C"
        return GuessedPhases(column.name, why, {"letters": _with_neutral(ROMAN_SET, letters)})
    if all(value.isdigit() and int(value) <= MOST_PHASE_BITS for value in values):
        why = f"{shown}; no domain says which bit is which phase"
        return GuessedPhases(column.name, why, {}, asked=True)
    return None


def _with_neutral(decoder: dict[str, str], letters: set[str]) -> dict[str, str]:
    return {**decoder, "N": "N"} if "N" in letters else dict(decoder)


def _decode_domain(column: ColumnProfile) -> GuessedPhases | None:
    """Return how the codes of a domain are decoded: by bits where they are, else one by one."""
    spoken = {
        code: "".join(sorted(set(word.upper()) - set(" ,-/&+")))
        for code, word in column.words.items()
        if re.fullmatch(r"[ABCN\s,/&+-]+", word.upper()) and word.strip()
    }
    if not spoken or not column.values <= {*column.words}:
        return None
    bits = {word: int(code) for code, word in spoken.items() if len(word) == 1 and code.isdigit()}
    summed = bits and all(
        code.isdigit() and int(code) == sum(bits.get(letter, 1_000) for letter in word)
        for code, word in spoken.items()
    )
    unsaid = {code for code in column.values if code not in spoken}
    if summed and unsaid <= {"0"}:
        told = ", ".join(f"{bit} is {phase}" for phase, bit in sorted(bits.items()))
        why = f"the domain of {column.name} says so: {told}, and others are sums of these"
        return GuessedPhases(column.name, why, {"bits": dict(sorted(bits.items()))})
    codes = spoken | dict.fromkeys(sorted(unsaid), "")
    why = f"the domain of {column.name} says what each code is"
    return GuessedPhases(column.name, why, {"codes": codes})


def guess_positions(layer: LayerProfile, nodes: Collection[str]) -> list[GuessedPositions]:
    """
    Return the columns that may say how switches stand, the designed and the decided first.

    Parameters
    ----------
    layer
        The layer.
    nodes
        Columns that name nodes.
    """
    guesses: list[GuessedPositions] = []
    poles = _find_poles(layer)
    in_poles = {column.name for columns in poles for column in columns.values()}
    for columns in poles:
        guess = _read_positions(columns)
        if guess is not None:
            guesses.append(guess)
    for column in layer.columns:
        other = column.is_fid or column.name in nodes or column.name in in_poles
        if not other and _is_position_name(column.name):
            guess = _read_positions({"": column})
            if guess is not None:
                guesses.append(guess)
    return sorted(guesses, key=lambda each: (each.is_current, not each.decided))


def _is_position_name(name: str) -> bool:
    return re.search(POSITION_NAMES, fold_text(name)) is not None


def _find_poles(layer: LayerProfile) -> list[dict[str, ColumnProfile]]:
    """Return the columns of positions of which there is one for each phase."""
    by_stem: dict[str, dict[str, ColumnProfile]] = {}
    for column in layer.columns:
        words = re.fullmatch(r"(.+?)_?([ABCabc])", column.name)
        if words and _is_position_name(words[1]):
            by_stem.setdefault(words[1].casefold(), {})[words[2].upper()] = column
    return [columns for columns in by_stem.values() if set(columns) == {"A", "B", "C"}]


def _read_positions(columns: dict[str, ColumnProfile]) -> GuessedPositions | None:
    """Return what the values of a column mean; nothing where they cannot be positions."""
    every = list(columns.values())
    values = sorted({value for column in every for value in column.values})
    words = {code: word for column in every for code, word in column.words.items()}
    if not values or len(values) > 4 or every[0].kind in {"date", "other"}:
        return None
    names = " and ".join(column.name for column in every)
    is_current = re.search(CURRENT_NAMES, fold_text(every[0].name)) is not None
    blank = sum(column.blank for column in every)
    said = {name: column.name for name, column in columns.items()}
    if words:
        return _read_domain(said, values, words, names, is_current=is_current, blank=blank)
    pair = find_position_pair(values)
    shown = "; ".join(f"{column.name} holds {column.show_top()}" for column in every)
    if pair is None:
        if len(values) > 2 and not _is_by_pole(columns):
            return None
        why = f"{shown}; nothing in the source says which of them is open"
        return GuessedPositions(said, tuple(values), (), (), (), why, is_current)
    by_word = {fold_text(value): value for value in values}
    opened, closed = by_word.get(pair.open, pair.open), by_word.get(pair.closed, pair.closed)
    why = f"{shown}: {pair.language}"
    return GuessedPositions(
        said,
        tuple(values),
        (opened,),
        _with_blank((closed,), blank),
        (),
        _told(why, blank),
        is_current,
    )


def _is_by_pole(columns: dict[str, ColumnProfile]) -> bool:
    """Return whether positions are said pole by pole."""
    return "A" in columns


def _read_domain(
    said: dict[str, str],
    values: list[str],
    words: dict[str, str],
    names: str,
    *,
    is_current: bool,
    blank: int,
) -> GuessedPositions | None:
    """Return what the codes mean by the domain; nothing where its words are of something else."""
    folded = {code: fold_text(word) for code, word in words.items()}
    opened = tuple(code for code, word in folded.items() if word in OPEN_TEXTS)
    closed = tuple(code for code, word in folded.items() if word in CLOSED_TEXTS)
    absent = tuple(code for code, word in words.items() if says_not_there(word))
    if not opened or not closed or not {*values} <= {*opened, *closed, *absent}:
        return None
    told = ", ".join(f"{code} is {words[code]}" for code in (*opened, *closed, *absent))
    why = _told(f"the domain of {names} says: {told}", blank)
    return GuessedPositions(
        said, tuple(values), opened, _with_blank(closed, blank), absent, why, is_current
    )


def _with_blank(closed: tuple[str, ...], blank: int) -> tuple[str, ...]:
    return (*closed, "") if blank else closed


def _told(why: str, blank: int) -> str:
    return f"{why}; {blank:,} are blank and taken as closed" if blank else why

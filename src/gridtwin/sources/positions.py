"""
Read where switches stand as designed, in the words of whoever wrote the table.

"C" is *closed* in one utility and phase C in another; "A" is phase A, or *aberto*; "NO" is *no*, or
*normally open*. What a word means is told from all words of its column; where even those leave it
open, the table is refused until somebody says what is meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.errors import SourceError
from gridtwin.model import keys, phases
from gridtwin.model.column_names import is_designed_position, is_position, squash_name
from gridtwin.model.columns import CLOSED_WORDS, FALSE_WORDS, OPEN_WORDS, TRUE_WORDS
from gridtwin.model.schema import SCHEMA
from gridtwin.sources.meanings import CLOSED, OPEN, PHASE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

POSITION_COLUMN = "normal_open"
MOST_SHOWN_POSITIONS = 8
YES, NO = frozenset({"y", "yes"}), frozenset({"n", "no"})
TRUTHS = TRUE_WORDS | FALSE_WORDS
CLEAR = (TRUE_WORDS | FALSE_WORDS | OPEN_WORDS | CLOSED_WORDS) - {"f", "n", "no"}
# Normally open and closed in English, Spanish and Portuguese, and phases with the neutral too.
ABBREVIATED = frozenset({"no", "nc", "na", "nf"})
# Words of other columns that say where a switch stands, if there is no `normal_open`.
TELLING = frozenset(
    {"open", "opened", "normallyopen", "aberto", "aberta", "abierto", "abierta", "ouvert", "offen",
     "aperto", "geopend", "åpen", "öppen"}
)  # fmt: skip
SAYING_OPEN = ("ope", "aber", "abier", "nop")
MOST_WORDS = 12  # a column of more words than these says no positions


def read_positions(
    equipment: pd.DataFrame,
    words: Mapping[str, str],
    *,
    called: str = POSITION_COLUMN,
    lettered: bool,
    where: str,
) -> pd.DataFrame:
    """
    Return the equipment with `normal_open` in the words of the model.

    Parameters
    ----------
    equipment
        The table as it was read.
    words
        What words of that column mean: open, closed, phase, or a phase code.
    called
        Its name in the source. Only one that says *open* makes a truth of it: 1 means closed in
        many a column called position or status.
    lettered
        Whether letters are known to name phases, as in files that gridtwin wrote.
    where
        The file, for errors.

    Raises
    ------
    SourceError
        If a word of the column may mean several things, or nothing, or if there is no such column
        and another one looks like it.
    """
    if POSITION_COLUMN not in equipment:
        _refuse_lost_positions(equipment, where)
        return equipment
    column = equipment[POSITION_COLUMN]
    given = {value: keys.to_text(value) for value in column.dropna().unique()}
    meant = {_normalize_word(word): meaning for word, meaning in words.items()}
    truths = any(word in squash_name(called) for word in SAYING_OPEN)
    unclear = find_unclear(given.values(), meant, lettered=lettered, truths=truths)
    if unclear:
        _refuse_words(unclear, where)
    if not meant:
        return equipment
    new = {value: _read_position(text, meant) for value, text in given.items()}
    return equipment.assign(**{POSITION_COLUMN: column.astype(object).map(new).fillna("")})


def find_unclear(
    words: Collection[str],
    meant: Mapping[str, str],
    *,
    lettered: bool = False,
    truths: bool = True,
) -> list[str]:
    """
    Return the words of a column of positions that may mean several things, or nothing.

    Parameters
    ----------
    words
        All different words of the column.
    meant
        What words are said to mean, squashed.
    lettered
        Whether letters are known to name phases.
    truths
        Whether yes is known to mean open.

    Examples
    --------
    >>> find_unclear(["A", "F", ""], {}), find_unclear(["C"], {}), find_unclear(["NC", "NO"], {})
    (['A', 'F'], ['C'], ['NC', 'NO'])
    >>> find_unclear(["A", "C", "AB"], {}), find_unclear(["Yes", "No"], {})
    ([], [])
    """
    plain = {word: _normalize_word(word) for word in words}
    left = frozenset(key for key in plain.values() if key and key not in meant)
    of_phases = lettered or PHASE in meant.values() or _names_phases(left)
    return sorted(
        word
        for word, key in plain.items()
        if key in left
        and ((not truths and key in TRUTHS) or not _is_clear(word, key, left, of_phases=of_phases))
    )


def _normalize_word(word: str) -> str:
    return squash_name(word.strip(" .,;|/"))


def _names_phases(words: frozenset[str]) -> bool:
    """Return whether some word of a column shows that its letters are those of phases."""
    if any(not set(key) - set("abcn") and ("b" in key or _is_set(key)) for key in words):
        return True
    told_apart = words & TRUE_WORDS and words & (FALSE_WORDS - {"n", "f"})
    return bool(told_apart) and not words & (ABBREVIATED - {"no"})


def _is_set(key: str) -> bool:
    return len(set(key) & set("abc")) > 1


def _is_clear(word: str, key: str, words: frozenset[str], *, of_phases: bool) -> bool:
    if key in CLEAR:
        return True
    if key == "f":
        return "t" in words
    if key in NO:
        spoken = key == "no" and not word.strip().isupper() and not words & (ABBREVIATED - NO)
        return bool(words & YES) or spoken
    if key in ABBREVIATED or not _is_phases(word):
        return False
    return of_phases or _is_set(key) or key[0] == "s" or "phasecode" in key


def _is_phases(word: str) -> bool:
    try:
        return phases.parse_phases(word) != 0
    except ValueError:
        return False


def _read_position(value: str, meant: Mapping[str, str]) -> str:
    """Return what a word says in the words of the model."""
    said = meant.get(_normalize_word(value), PHASE)
    return {OPEN: "true", CLOSED: "false", PHASE: value}.get(said, said)


def _refuse_words(unclear: list[str], where: str) -> None:
    shown = ", ".join(repr(word) for word in unclear[:MOST_SHOWN_POSITIONS])
    more = (
        f" and {len(unclear) - MOST_SHOWN_POSITIONS} more"
        if len(unclear) > MOST_SHOWN_POSITIONS
        else ""
    )
    example = ",".join(f"{word.strip()}=..." for word in unclear[:3])
    msg = (
        f"{where}: equipment: normal_open holds {shown}{more}, which may mean open, closed or"
        f" a phase: say which, with --word normal_open:{example} and open, closed or phase (that"
        ' phase stands open) for the dots; in Python words={"normal_open": {"'
        f'{unclear[0].strip()}": "closed"}}}}'
    )
    raise SourceError(msg)


def _refuse_lost_positions(equipment: pd.DataFrame, where: str) -> None:
    """Refuse equipment whose positions stand in a column by another name."""
    for column in equipment.columns:
        name = str(column)
        if name in SCHEMA["equipment"].names:
            continue
        words = _few_words(equipment[column])
        if not words:
            continue
        if (
            is_designed_position(name)
            or _tells_positions(words)
            or (is_position(name) and _is_told(words))
        ):
            held = ", ".join(words[:MOST_SHOWN_POSITIONS])
            msg = (
                f"{where}: equipment has no column normal_open, without which every switch is"
                f" taken as closed; did you mean normal_open by {name}, which holds {held}? Say"
                f" --column {name}=normal_open, or --column {name}= if it does not say where"
                " switches stand as designed"
            )
            raise SourceError(msg)


def _few_words(column: pd.Series[Any]) -> list[str] | None:
    """Return the words of a column, sorted; None if they are none, or too many for positions."""
    if column.dtype == "geometry":
        return None
    words = column.dropna().unique()
    if len(words) > MOST_WORDS:
        return None
    return sorted({str(word).strip() for word in words} - {""})


def _tells_positions(words: Collection[str]) -> bool:
    return bool(TELLING & {squash_name(word) for word in words})


def _is_told(words: Collection[str]) -> bool:
    """Return whether all words of a column are words of positions."""
    return {squash_name(word) for word in words} <= CLEAR | TELLING | NO | ABBREVIATED | set(
        "acfot"
    )

"""What the columns and words of a source mean, where its owner's differ from the model's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.errors import SourceError
from gridtwin.model import keys, phases
from gridtwin.model.column_names import squash_name
from gridtwin.model.schema import SCHEMA, list_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

NOT_READ = ""  # what a column means that is left out knowingly
MOST_EXAMPLES = 8
# Columns whose words may be made of letters of phases.
LETTERED_COLUMNS = frozenset(column.name for _, column in list_columns("phases", "open phases"))
OPEN, CLOSED, PHASE = "open", "closed", "phase"
KNOWN_NAMES = frozenset(name for frame in SCHEMA.values() for name in frame.names) | {
    "lon", "lat", "longitude", "latitude", "x", "y",
}  # fmt: skip


class Meanings(NamedTuple):
    """
    What columns and words of a source mean.

    Attributes
    ----------
    columns
        Names of columns, and the name of the model's column each is; empty for one that is left
        out knowingly.
    words
        For a column of the model, its words and what each means: for ``normal_open`` one of
        ``open``, ``closed``, ``phase`` (the word names the phases that stand open) or a phase
        code; for ``phases`` the phases of a word or of a letter; else a word of the model.
    """

    columns: Mapping[str, str] = {}
    words: Mapping[str, Mapping[str, str]] = {}

    def check_words(self) -> None:
        """
        Refuse meanings that are none.

        Raises
        ------
        SourceError
            If a column is meant that the model does not have, or a word has no meaning there.
        """
        for name, meant in self.columns.items():
            if meant not in KNOWN_NAMES | {NOT_READ}:
                msg = f"column {name}={meant}: the model has no column {meant}"
                raise SourceError(msg)
        for column, words in self.words.items():
            if column not in KNOWN_NAMES:
                msg = f"words of {column}: the model has no column {column}"
                raise SourceError(msg)
            for word, meant in words.items():
                _check_word(column, word, str(meant))

    def name_of(self, column: str) -> str:
        """Return what the source calls a column of the model."""
        return next((name for name, meant in self.columns.items() if meant == column), column)

    def rename_columns(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, set[str]]:
        """Return a table with its columns called as they are meant, and which of them it has."""
        meant = {name.strip().casefold(): name for name in self.columns}
        found = {
            column: meant[str(column).strip().casefold()]
            for column in frame.columns
            if str(column).strip().casefold() in meant
        }
        if not found:
            return frame, set()
        names = {column: self.columns[name] for column, name in found.items()}
        taken = {name for name in names.values() if name}
        left_out = [
            column
            for column in frame.columns
            if names.get(column) == NOT_READ
            or (column not in names and str(column).strip().casefold() in taken)
        ]
        return frame.drop(columns=left_out).rename(
            columns={column: name for column, name in names.items() if name}
        ), set(found.values())

    def translate_words(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a table with its words replaced by what they mean, but for ``normal_open``."""
        for column, words in self.words.items():
            if column == "normal_open" or column not in frame:
                continue
            spelt = {squash_name(word): meant for word, meant in words.items()}
            letters = _compile_letters(spelt) if column == "phases" else None
            texts = frame[column]
            new = {
                value: _translate_word(keys.to_text(value), spelt, letters)
                for value in texts.dropna().unique()
            }
            frame = frame.assign(**{column: texts.astype(object).map(new).where(texts.notna())})
        return frame


def _check_word(column: str, word: str, meant: str) -> None:
    if column not in LETTERED_COLUMNS or (
        column == "normal_open" and meant in {OPEN, CLOSED, PHASE}
    ):
        return
    try:
        phases.parse_phases(meant)
    except ValueError as error:
        msg = f"{column}:{word}={meant}: {error}"
        if column == "normal_open":
            msg += f", or {OPEN}, {CLOSED}, or {PHASE} if the word names the phases that stand open"
        raise SourceError(msg) from error


def _compile_letters(spelt: Mapping[str, str]) -> re.Pattern[str] | None:
    """Return what finds the letters that stand for phases in a longer word."""
    by_length = sorted(filter(None, spelt), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, by_length))) if by_length else None


def _translate_word(value: str, spelt: Mapping[str, str], letters: re.Pattern[str] | None) -> str:
    word = squash_name(value)
    if word in spelt:
        return spelt[word]
    if letters is not None and not set(letters.sub("", word)) - set("n,.;|/+&") and len(word) > 1:
        return letters.sub(lambda found: spelt[found.group()], word)
    return value


def require_known(meanings: Meanings, found: Iterable[str], where: str) -> None:
    """
    Refuse a column that is said to mean something and is not there.

    Raises
    ------
    SourceError
        Naming it.
    """
    lost = sorted(set(meanings.columns) - set(found))
    if lost:
        msg = f"{where}: no table has a column {' or '.join(lost)}: say the name it has there"
        raise SourceError(msg)


def require_phases(frames: Mapping[str, pd.DataFrame], where: str) -> None:
    """
    Refuse tables whose phases are written in other letters or in numbers.

    Raises
    ------
    SourceError
        With the words, and how to say what they mean.
    """
    for name, frame in frames.items():
        if "phases" not in frame:
            continue
        written = [keys.to_text(value) for value in frame["phases"].dropna().unique()]
        unknown = sorted(word for word in written if not _are_phases(word))
        if unknown:
            example = ",".join(f"{word}=..." for word in unknown[:MOST_EXAMPLES])
            msg = (
                f"{where}: {name}: phases holds"
                f" {', '.join(map(repr, unknown[:MOST_EXAMPLES]))}, which"
                " is not made of A, B, C, N, s1, s2: say what each letter, number or word means,"
                f" with --word phases:{example} and the phases for the dots, such as R=A,Y=B,B=C"
                " or 7=ABC,4=A"
            )
            raise SourceError(msg)


def _are_phases(word: str) -> bool:
    try:
        phases.parse_phases(word)
    except ValueError:
        return False
    return True


def read_options(columns: Iterable[str], words: Iterable[str]) -> Meanings:
    """
    Return the meanings that options of the command line say.

    Parameters
    ----------
    columns
        ``NAME=COLUMN`` of the model, or ``NAME=`` for one that is left out.
    words
        ``COLUMN:WORD=MEANING``, several of one column divided by commas.

    Raises
    ------
    SourceError
        If one is written otherwise.

    Examples
    --------
    >>> read_options(["P_N_OPE=normal_open"], ["normal_open:A=open,F=closed"]).words
    {'normal_open': {'A': 'open', 'F': 'closed'}}
    """
    renamed: dict[str, str] = {}
    meant: dict[str, dict[str, str]] = {}
    for option in columns:
        name, divider, column = option.rpartition("=")
        if not divider or not name.strip():
            msg = f"--column {option!r}: write NAME=COLUMN, such as P_N_OPE=normal_open"
            raise SourceError(msg)
        renamed[name.strip()] = column.strip()
    for option in words:
        column, _, pairs = option.partition(":")
        for pair in pairs.split(","):
            word, divider, meaning = pair.rpartition("=")
            if not divider or not word.strip():
                msg = f"--word {option!r}: write COLUMN:WORD=MEANING, such as normal_open:A=open"
                raise SourceError(msg)
            meant.setdefault(column.strip(), {})[word.strip()] = meaning.strip()
    return Meanings(renamed, meant)


def check_meanings(columns: Mapping[str, Any] | None, words: Mapping[str, Any] | None) -> Meanings:
    """Return what a caller says of a source, checked."""
    meanings = Meanings(
        {str(name): str(meant or "") for name, meant in (columns or {}).items()},
        {
            column: {str(word): str(meant) for word, meant in pairs.items()}
            for column, pairs in (words or {}).items()
        },
    )
    meanings.check_words()
    return meanings

"""Turn what a mapping says of one column into one SQL expression."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.sources.mapping.mapping_table import MappingTable

# Begins a value that the mapping does not list; no code of a utility begins so.
UNLISTED_MARK = "\N{REPLACEMENT CHARACTER}"
ALL_PHASES_WORD = "all"
SWITCH_PHASES = ("A", "B", "C")


@dataclass(frozen=True, slots=True)
class CodeTable:
    """What the codes of a column mean; `otherwise` is None where others are reported."""

    column: str
    codes: Mapping[str, str]
    otherwise: str | None


@dataclass(frozen=True, slots=True)
class SwitchPositions:
    """Which words say that a switch, or one pole of it, stands open."""

    columns: Mapping[str, str]  # by phase; the key "" is for all of them
    open_words: tuple[str, ...]
    closed_words: tuple[str, ...]
    absent_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhaseDecoder:
    """What the letters, bits or codes of a utility's phases mean."""

    letters: Mapping[str, str] = field(default_factory=dict)
    bits: Mapping[str, int] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)


ColumnValue = str | CodeTable | SwitchPositions


def read_positions_table(table: MappingTable) -> SwitchPositions:
    """
    Return where a switch stands, by the words that say so.

    Raises
    ------
    SourceError
        If the words for open or for closed are not said.
    """
    table.require_keys(("column", *SWITCH_PHASES, "open", "closed", "absent"))
    columns = {phase: table.read_text(phase) for phase in SWITCH_PHASES if phase in table.values}
    if bool(columns) == ("column" in table.values):
        table.refuse_key("say one column, or the column of each phase: A, B and C")
    if not columns:
        columns = {"": table.read_text("column")}
    words = {key: _list_words(table, key) for key in ("open", "closed", "absent")}
    for key in ("open", "closed"):
        if not words[key]:
            table.refuse_key(f"say which words mean {key}: it is never guessed", key)
    listed = [word for each in words.values() for word in each]
    if len(set(listed)) < len(listed):
        table.refuse_key("a word is listed twice")
    return SwitchPositions(columns, words["open"], words["closed"], words["absent"])


def _list_words(table: MappingTable, key: str) -> tuple[str, ...]:
    value = table.values.get(key, [])
    values = value if isinstance(value, list) else [value]
    return tuple(
        str(each).lower() if isinstance(each, bool) else str(each).strip() for each in values
    )


def write_expression(value: ColumnValue) -> str:
    """Return the SQL of a column; what is not listed comes out behind `UNLISTED_MARK`."""
    if isinstance(value, CodeTable):
        text = _as_text(value.column)
        cases = "".join(
            f" when {quote_text(code)} then {quote_text(meaning)}"
            for code, meaning in value.codes.items()
        )
        other = f"{quote_text(UNLISTED_MARK)} || {text}"
        otherwise = other if value.otherwise is None else quote_text(value.otherwise)
        return f"case {text}{cases} else {otherwise} end"
    if isinstance(value, SwitchPositions):
        return " || ".join(
            _position_of(column, value, phase or ALL_PHASES_WORD)
            for phase, column in value.columns.items()
        )
    return value


def _position_of(column: str, positions: SwitchPositions, phase: str) -> str:
    text = _as_text(column)
    shut = (*positions.closed_words, *positions.absent_words)
    return (
        f"case when {text} in ({_list_of(positions.open_words)}) then {quote_text(phase)}"
        f" when {text} in ({_list_of(shut)}) then ''"
        f" else {quote_text(UNLISTED_MARK)} || {text} end"
    )


def _as_text(column: str) -> str:
    return f"trim(coalesce(cast((\n{column}\n) as varchar), ''))"


def _list_of(words: tuple[str, ...]) -> str:
    return ", ".join(map(quote_text, words))


def write_phase_macro(decoders: Mapping[str, PhaseDecoder]) -> str:
    """Return the SQL that makes ``phases('NAME', COLUMN)`` of the decoders of a mapping."""
    cases = "".join(
        f" when {quote_text(name)} then {_decode_phases(decoder)}"
        for name, decoder in decoders.items()
    )
    unknown = f"{quote_text(UNLISTED_MARK)} || 'no decoder ' || decoder"
    body = f"case decoder{cases} else {unknown} end" if cases else unknown
    return f"create macro phases(decoder, code) as ({body})"


def _decode_phases(decoder: PhaseDecoder) -> str:
    text = "trim(coalesce(cast(code as varchar), ''))"
    if decoder.bits:
        number = f"coalesce(try_cast({text} as bigint), 0)"
        parts = " || ".join(
            f"case when ({number} & {bit}) > 0 then {quote_text(phase)} else '' end"
            for phase, bit in sorted(decoder.bits.items())
        )
        every = 0
        for bit in decoder.bits.values():
            every |= bit
        known = f"{text} = '' or try_cast({text} as bigint) between 0 and {every}"
        return f"case when {known} then {parts} else {quote_text(UNLISTED_MARK)} || {text} end"
    if decoder.codes:
        cases = "".join(
            f" when {quote_text(word)} then {quote_text(meaning)}"
            for word, meaning in decoder.codes.items()
        )
        return f"case {text}{cases} when '' then '' else {quote_text(UNLISTED_MARK)} || {text} end"
    letters = sorted(decoder.letters, key=len, reverse=True)
    parts = " || ".join(
        f"case when contains({text}, {quote_text(letter)})"
        f" then {quote_text(decoder.letters[letter])} else '' end"
        for letter in sorted(letters)
    )
    rest = text
    for letter in letters:
        rest = f"replace({rest}, {quote_text(letter)}, '')"
    return (
        f"case when regexp_replace({rest}, '[\\s,.;/_+-]', '', 'g') = '' then {parts}"
        f" else {quote_text(UNLISTED_MARK)} || {text} end"
    )


def quote_name(name: str) -> str:
    """
    Return the name of a column as SQL writes it, whatever a source calls it.

    Examples
    --------
    >>> print(quote_name('a"b'))
    "a""b"
    """
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + str(text).replace("'", "''") + "'"

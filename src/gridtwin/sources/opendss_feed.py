"""Hand single commands to the OpenDSS engine, and go on past the errors that lose no topology."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from gridtwin.errors import SourceError
from gridtwin.model.notices import Notice
from gridtwin.sources.opendss_properties import (
    FROM_A_FILE,
    TOPOLOGY_PROPERTIES,
    WATCHING_CLASSES,
    EngineClasses,
    is_harmless,
)
from gridtwin.sources.opendss_text import Token, complete_name, find_file, word_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Options that say something of the circuit; all others are of solutions, plots and reports.
CIRCUIT_OPTIONS = word_set(
    "voltagebases allowduplicates basefrequency defaultbasefrequency cktmodel allocationfactors"
    " cfactors numallociterations type class object element circuit bus keeplist reduceoption zmag"
    " keepload loadmult"
)
DUPLICATE, BROKEN = 266, 303
MEND = "mend the script; a strict reading refuses it"
_FILE = re.compile(r"file\s*=\s*[\[({\"']?([^\s,)\]}\"']+)", re.IGNORECASE)
_DETAIL = re.compile(r"Error Description:\s*(.*?)\s*(?:Probable Cause:|$)")
_LONGEST = 200  # characters of the engine's words


class Failure(NamedTuple):
    """What the engine said against a command."""

    number: int
    words: str


class EngineFeed:
    """The engine's ear: where in the script it is, and what it could not take."""

    def __init__(self, engine: Any, trace: Callable[[str], None] | None = None) -> None:
        self.engine = engine
        self.at = ""  # file and line
        self.file = ""  # its name alone
        self.files: dict[str, str] = {}  # of each element, that of the script that makes it
        self.folder = Path()  # that names of files start from
        self.notices: list[Notice] = []
        self._trace = trace
        self._left_out = WATCHING_CLASSES if trace is not None else frozenset[str]()
        self._classes = EngineClasses(engine)
        self._family = ""  # class that a name without one belongs to
        self._goes_on = False  # whether there is one element that ``~`` can say more of
        executive = engine.Executive
        self.commands = [
            executive.Command(n).casefold() for n in _count_commands(executive.NumCommands)
        ]
        self._options = [
            executive.Option(n).casefold() for n in _count_commands(executive.NumOptions)
        ]

    def note_passed_over(self, rule: str, what: str, mend: str = MEND) -> None:
        """Note something that was passed over at this line."""
        self.notices.append(Notice(rule, f"{self.at}: {what}", mend))

    def refuse_script(self, what: str) -> NoReturn:
        """Refuse the script for something that cannot be passed over at this line."""
        msg = f"{self.at}: {what}"
        raise SourceError(msg)

    def send_command(self, text: str) -> Failure | None:
        """Hand a command to the engine; return what it said against it."""
        if self._trace is not None:
            self._trace(self.at)
        self.engine.Text.Command = text
        number = int(self.engine.Error.Number)
        if not number:
            return None
        return Failure(number, _clean_message(self.engine.Error.Description))

    def send_or_note(self, text: str) -> None:
        """Hand a command to the engine, and note what it said against it."""
        failure = self.send_command(text)
        if failure is not None:
            self.note_passed_over("opendss_error", failure.words)

    def expand_variable(self, value: str) -> str:
        """Return a value with the script's variable in its place, if it starts with one."""
        match = re.match(r"@[^.^]+", value)
        if match is None:
            return value
        self.send_command(f"var {match[0]}")
        held = str(self.engine.Text.Result).strip("{}")
        return held + value[match.end() :].lstrip("^")

    def make_buses(self) -> None:
        """Let the engine list its buses."""
        if self.engine.NumCircuits:
            self.send_or_note("makebuslist")

    # elements

    def edit_element(self, command: str, rest: str, words: Sequence[Token]) -> None:
        """Make or change an element: ``new``, ``edit`` or ``batchedit``."""
        if not words:
            self.note_passed_over("opendss_error", f"{command} what?")
            return
        self._goes_on = command != "batchedit"
        target = self.expand_variable(words[0].value)
        family, dot, _ = target.partition(".")
        self._family = family.casefold() if dot else self._family
        family = "vsource" if self._family == "circuit" else self._family
        if family in self._left_out:
            self._goes_on = False
            return
        if self._family == "circuit" and command == "new":
            if self.engine.NumCircuits:
                self.refuse_script("a second circuit: a script of one circuit is a network")
            self._begin_edit(target)
            self._note_file("vsource.source")
            words = [Token("", "vsource.source"), *words[1:]]
            command, target, rest = "edit", "vsource.source", ""
            if len(words) == 1:
                return
        if command == "new" and dot:
            self._note_file(target)
        plain = rest and target == words[0].value and is_harmless(family, rest)
        kept = rest if plain else self._keep_value(family, target, words[1:])
        failure = self.send_command(f"{command} {kept}")
        if failure is not None and failure.number == DUPLICATE and command == "new":
            self.note_passed_over(
                "duplicate_name", f"{target} is there already; it is redefined", MEND
            )
            command, failure = "edit", self.send_command(f"edit {kept}")
        self._mend_failure(failure, command, target, words[1:])

    def _note_file(self, element: str) -> None:
        """Keep which file makes an element; of several of one name, the first."""
        self.files.setdefault(element.lower(), self.file)

    def _begin_edit(self, target: str) -> None:
        self.send_or_note(f"new {_quote_value(target)}")
        if not self.engine.NumCircuits:
            self.refuse_script(f"OpenDSS makes no {target}")

    def edit_more(self, rest: str, words: Sequence[Token]) -> None:
        """Change the element the script is at: ``~``."""
        target = self._find_active()
        family, dot, _ = target.casefold().partition(".")
        if not (dot and self._goes_on):
            self.note_passed_over("opendss_error", "there is no element to say more of")
            return
        plain = is_harmless(family, rest)
        kept = rest if plain else self._join_tokens(self._screen_properties(family, target, words))
        self._mend_failure(self.send_command(f"~ {kept}"), "edit", target, words)

    def assign_property(self, words: Sequence[Token]) -> None:
        """Change one property: ``Class.name.property=value``."""
        target, _, name = words[0].name.rpartition(".")
        target = self.expand_variable(target) or self._find_active()
        self.edit_element("edit", "", [Token("", _quote_value(target)), Token(name, words[0].raw)])

    def _find_active(self) -> str:
        if not self.engine.NumCircuits:
            return ""
        return str(self.engine.ActiveCircuit.ActiveDSSElement.Name)

    def _keep_value(self, family: str, target: str, words: Sequence[Token]) -> str:
        screened = self._screen_properties(family, target, words)
        return f"{_quote_value(target)} {self._join_tokens(screened)}"

    def _screen_properties(self, family: str, target: str, words: Sequence[Token]) -> list[Token]:
        if not self._classes.list_properties(family):
            return []
        screened = self._classes.screen_tokens(family, words)
        for token in screened.libraries:
            self.note_passed_over(
                "user_library", f"{target}: {token.name} {token.value!r} is not loaded", MEND
            )
        for token in screened.files:  # none bears on the circuit: that it is there will do
            named = _FILE.search(token.raw)
            name = named[1] if named else token.value
            if find_file(name, self.folder) is None:
                self.note_passed_over(
                    "missing_file", f"{target}: there is no file {name!r} for {token.name}"
                )
        for token in screened.unknown:
            self._note_unknown(target, token)
        return screened.kept

    def _note_unknown(self, target: str, token: Token) -> None:
        what = token.name or token.raw[:40]
        self.note_passed_over(
            "unknown_property", f"{target} has no property {what!r}; it was passed over"
        )

    @staticmethod
    def _join_tokens(words: Iterable[Token]) -> str:
        return " ".join(f"{token.name}={token.raw}" for token in words)

    def _mend_failure(
        self, failure: Failure | None, command: str, target: str, words: Sequence[Token]
    ) -> None:
        """Say what the engine could not take; refuse it where it decides what is connected."""
        if failure is None:
            return
        family = target.partition(".")[0].casefold() if "." in target else self._family
        if failure.number != BROKEN or not self._classes.list_properties(family):
            self.note_passed_over("opendss_error", failure.words)
        elif command == "batchedit":
            if any(
                token.name in TOPOLOGY_PROPERTIES
                for token in self._classes.name_tokens(family, words)
            ):
                self.refuse_script(f"{target}: {failure.words}")
            self.note_passed_over("opendss_error", failure.words)
        else:
            self._edit_one_by_one(family, target, words)

    def _edit_one_by_one(self, family: str, target: str, words: Sequence[Token]) -> None:
        """Edit the properties one at a time: the engine stops a command at its first bad value."""
        for token in self._classes.screen_tokens(family, words).kept:
            self._end_edit(target)
            failure = self.send_command(f"edit {_quote_value(target)} {token.name}={token.raw}")
            if failure is None:
                continue
            if token.name in TOPOLOGY_PROPERTIES:
                self.refuse_script(f"{target}: {token.name}={token.raw}: {failure.words}")
            self.note_passed_over(
                "opendss_error", f"{target}: {token.name}={token.raw}: {failure.words}"
            )
        self._end_edit(target)

    def _end_edit(self, target: str) -> None:
        """Let go of an element that the engine still has in hand after a bad value."""
        family, _, name = target.partition(".")
        api = self.engine._api_util  # noqa: SLF001 - the engine's own interface has no word for it
        number = self._classes.names.index(family.casefold()) + 1
        held = api.lib_unpatched.Obj_GetHandleByName(api.ctx, number, name.encode())
        if held != api.ffi.NULL:
            api.lib_unpatched.Obj_EndEdit(held, 1)
        self.engine.Error.Number  # noqa: B018 - reading it forgets that there is none

    # options

    def set_options(self, words: Sequence[Token]) -> None:
        """Set the options that describe the circuit, and no other."""
        for token in words:
            name = complete_name(token.name, self._options)
            if name not in self._options:
                self.note_passed_over(
                    "unknown_option", f"OpenDSS has no option {token.name or token.raw!r}"
                )
            elif name in CIRCUIT_OPTIONS and not FROM_A_FILE.match(token.raw):
                self.send_or_note(f"set {name}={token.raw}")


def _count_commands(size: int) -> range:
    return range(1, size + 1)


def _quote_value(name: str) -> str:
    quote = '"' if '"' not in name else "'"
    return f"{quote}{name}{quote}"


def _clean_message(words: str) -> str:
    """Return the engine's words on one line, without its frame."""
    line = " ".join(str(words).split())
    match = _DETAIL.search(line)
    line = match[1] if match else line
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."

"""Say which properties of which classes of OpenDSS are not handed to its engine."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.sources.opendss_text import Token, complete_name, word_set

if TYPE_CHECKING:
    from collections.abc import Sequence

# Classes none of whose properties reads, writes or runs anything.
HARMLESS_CLASSES = word_set(
    "line transformer load linecode xfmrcode linegeometry linespacing wiredata cndata tsdata"
    " capacitor reactor autotrans vsource fuse recloser swtcontrol tcc_curve fault"
)
# What runs a library, opens a trace file, or reads or writes files beside the script.
LIBRARY_PROPERTIES = frozenset(
    {"usermodel", "userdata", "shaftmodel", "shaftdata", "dynadll", "dynadata"}
)
FILE_PROPERTIES = frozenset({"csvfile", "sngfile", "dblfile", "pqcsvfile"})
TRACE_PROPERTIES = frozenset({"debugtrace"})
ACTION_CLASSES = word_set("loadshape tshape priceshape monitor energymeter")  # `action` saves files
# Classes that read and control a circuit, and say nothing of what is connected to what.
WATCHING_CLASSES = word_set(
    "energymeter monitor sensor capcontrol invcontrol expcontrol storagecontroller gendispatcher"
    " espvlcontrol upfccontrol"
)
# A wrong value here would change what is connected to what.
TOPOLOGY_PROPERTIES = word_set(
    "bus1 bus2 bus buses phases windings wdg conn conns enabled switch ndc nconds nphases"
    " bush busnh busx busnx switchedobj switchedterm monitoredobj monitoredterm normal state"
    " action"
)
FROM_A_FILE = re.compile(r"[\[({\"']\s*\w*file\s*=", re.IGNORECASE)


class ScreenedProperties(NamedTuple):
    """The properties of a command that go to the engine, and those that do not."""

    kept: list[Token]
    libraries: list[Token]
    files: list[Token]
    unknown: list[Token]


class EngineClasses:
    """The classes of the engine and the names of their properties, in the engine's order."""

    def __init__(self, engine: Any) -> None:
        self.names = [name.casefold() for name in engine.Classes]
        self._engine = engine
        self._known: dict[str, list[str]] = {}

    @cached_property
    def _scratch(self) -> Any:
        """An engine beside, where an element of any class may be made to ask for its words."""
        scratch = self._engine.NewContext()
        scratch.AllowForms = False
        scratch.Error.UseExceptions = False
        scratch.Text.Command = "new circuit.scratch"
        return scratch

    def list_properties(self, family: str) -> list[str]:
        """Return the properties of a class; empty if there is no such class."""
        if family not in self.names:
            return []
        if family not in self._known:
            self._scratch.Text.Command = f"new {family}.scratch"
            self._scratch.Error.Number  # noqa: B018 - reading it forgets the error
            circuit = self._scratch.ActiveCircuit
            circuit.SetActiveClass(family)
            circuit.ActiveClass.First  # noqa: B018 - reading it makes it active
            names = circuit.ActiveDSSElement.AllPropertyNames
            self._known[family] = [name.casefold() for name in names]
        return self._known[family]

    def name_tokens(self, family: str, given: Sequence[Token]) -> list[Token]:
        """Return tokens under the full names of their properties, or as given if none has it."""
        names = self.list_properties(family)
        tokens, at = [], -1
        for token in given:
            name = complete_name(token.name, names) if token.name else ""
            after = len(names) if token.name else at + 1  # what has no name of its own
            at = names.index(name) if name in names else after
            tokens.append(Token(names[at], token.raw) if at < len(names) else token)
        return tokens

    def screen_tokens(self, family: str, given: Sequence[Token]) -> ScreenedProperties:
        """Return what may go to the engine, under full names."""
        result = ScreenedProperties([], [], [], [])
        names = self.list_properties(family)
        for token in self.name_tokens(family, given):
            if token.name not in names:
                result.unknown.append(token)
            elif token.name in LIBRARY_PROPERTIES:
                result.libraries.append(token)
            elif token.name in FILE_PROPERTIES or FROM_A_FILE.match(token.raw):
                result.files.append(token)
            elif token.name in TRACE_PROPERTIES or (
                token.name == "action" and family in ACTION_CLASSES
            ):
                continue
            else:
                result.kept.append(token)
        return result


def is_harmless(family: str, line: str) -> bool:
    """Return whether a command on this class can go to the engine as it is written."""
    return family in HARMLESS_CLASSES and "file" not in line.casefold()

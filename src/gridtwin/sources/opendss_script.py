"""Run an OpenDSS script command by command, and only what describes the circuit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridtwin.errors import SourceError
from gridtwin.sources.opendss_feed import EngineFeed
from gridtwin.sources.opendss_text import (
    Token,
    complete_name,
    decode_text,
    drop_first_token,
    find_file,
    read_lines,
    split_tokens,
    word_set,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DEEPEST_CALL = 100  # scripts that call scripts
COORDINATE_COPY = Path("coordinates.csv")  # in the engine's own folder

# Commands that say something of the circuit, and go to the engine as they are.
DESCRIBING_COMMANDS = word_set(
    "enable disable open close setkvbase makebuslist reprocessbuses calcvoltagebases var setbusxy"
    " interpolate allocateloads setloadandgenkv remove reduce makeposseq"
    " select"
)
EDITING_COMMANDS = frozenset({"new", "edit", "batchedit"})
COORDINATE_COMMANDS = frozenset({"buscoords", "latlongcoords", "giscoords"})
# Commands that write files, open windows or run programs: not run, and said so.
OUTSIDE_COMMANDS = word_set(
    "save show plot dump export fileedit formedit panel visualize doscmd cd top di_plot alignfile"
    " comparecases yearlycurves closedi distribute cvrtloadshapes uuids connect exportoverloads"
    " exportvviolations refine_buslevels rephase reconductor"
)
_DEAD = 0.1  # of nominal: a bus below it had no voltage when its nominal one was chosen


class DssScript:
    """A script and all it calls, on their way into an engine."""

    def __init__(self, engine: Any, trace: Callable[[str], None] | None = None) -> None:
        self.feed = EngineFeed(engine, trace)
        self.dead: set[str] = set()  # buses without voltage when nominal voltages were chosen
        self._engine = engine
        self._depth = 0

    def run(self, path: Path) -> None:
        """
        Run a script file.

        Raises
        ------
        SourceError
            If it, or a script it calls, cannot be read, or loses part of the circuit.
        """
        self.feed.folder = path.parent
        self._run_file(path)

    def read_coordinates(self, path: Path) -> None:
        """Read bus coordinates from a file that no script names."""
        self.feed.at = path.name
        self._read_coordinates("buscoords", path)

    def _run_file(self, path: Path) -> None:
        self._depth += 1
        if self._depth > DEEPEST_CALL:
            msg = f"{self.feed.at}: the scripts call each other more than {DEEPEST_CALL} deep"
            raise SourceError(msg)
        for number, line in enumerate(read_lines(path), 1):
            if line:
                self.feed.file, self.feed.at = path.name, f"{path.name} line {number}"
                self._run_command(line)
        self._depth -= 1

    def _run_command(self, line: str) -> None:
        words = list(split_tokens(line))
        if not words or not (words[0].name or words[0].raw):
            return
        if words[0].name:
            self.feed.assign_property(words)
            return
        command = complete_name(words[0].value, self.feed.commands)
        if command in EDITING_COMMANDS:
            self.feed.edit_element(command, drop_first_token(line), words[1:])
        elif command in {"more", "m", "~"}:
            self.feed.edit_more(drop_first_token(line), words[1:])
        elif command in {"redirect", "compile"}:
            self._call_script(command, words[1:])
        elif command == "set":
            self.feed.set_options(words[1:])
        else:
            self._run_other(command, line, words)

    def _run_other(self, command: str, line: str, words: list[Token]) -> None:
        if command in DESCRIBING_COMMANDS:
            self._run_describing(command, line)
        elif command in COORDINATE_COMMANDS:
            self._read_coordinates(command, self._find_named_file(words[1:]))
        elif command in {"solve", "solveall"}:
            self.feed.make_buses()  # what a solution would leave for the commands that follow
        elif command in {"clear", "clearall"}:
            self.feed.send_or_note("clear")
            self.dead.clear()
        elif command in OUTSIDE_COMMANDS:
            self.feed.note_passed_over(
                "script_command", f"{command!r} was not run", "run it in OpenDSS"
            )
        elif command not in self.feed.commands:
            self.feed.note_passed_over(
                "unknown_command", f"OpenDSS knows no command {words[0].value[:40]!r}"
            )

    def _run_describing(self, command: str, line: str) -> None:
        self.feed.send_or_note(f"{command} {drop_first_token(line)}")
        if not self._engine.NumCircuits:
            return
        if command == "calcvoltagebases":
            self._note_dead_buses()
        elif command == "setkvbase":
            self.dead.discard(str(self._engine.ActiveCircuit.ActiveBus.Name).casefold())

    def _note_dead_buses(self) -> None:
        """Note the buses that had no voltage: the engine chose a nominal one for them blindly."""
        circuit = self._engine.ActiveCircuit
        bases = {}
        for name in circuit.AllBusNames:
            circuit.SetActiveBus(name)
            bases[name.casefold()] = circuit.ActiveBus.kVBase * 1000
        live = {
            bus
            for name, volts in zip(circuit.AllNodeNames, circuit.AllBusVmag, strict=False)
            if volts > _DEAD * bases.get(bus := name.rsplit(".", 1)[0].casefold(), 0)
        }
        self.dead = set(bases) - live

    def _call_script(self, command: str, words: list[Token]) -> None:
        path = self._find_named_file(words)
        here, self.feed.folder = self.feed.folder, path.parent
        self._run_file(path)
        if command == "redirect":  # a compiled script leaves the engine in its own folder
            self.feed.folder = here

    def _find_named_file(self, words: list[Token]) -> Path:
        name = self.feed.expand_variable(words[0].value) if words else ""
        path = find_file(name, self.feed.folder)
        if path is None:
            self.feed.refuse_script(f"there is no file {name!r} beside the script")
        return path

    def _read_coordinates(self, command: str, path: Path) -> None:
        # The engine reads a copy of its own, in the one encoding it knows.
        try:
            COORDINATE_COPY.write_text(decode_text(path.read_bytes()), encoding="utf-8")
        except OSError as error:
            msg = f"{path.name}: the coordinates cannot be read: {error.strerror}"
            raise SourceError(msg) from error
        self.feed.make_buses()
        self.feed.send_or_note(f"{command} {COORDINATE_COPY}")

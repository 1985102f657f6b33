"""
Follow an OpenDSS circuit conductor by conductor, in the engine's own compiled circuit.

The oracle of the reader: it knows no phases, only nodes of buses and what joins them.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict, deque
from pathlib import Path
from typing import Any, NamedTuple

Conductor = tuple[str, int]
LOW_KV = 1.0


class Way(NamedTuple):
    """What lets a conductor's voltage on to another, unless one of the poles is open."""

    to: Conductor
    element: str
    poles: tuple[int, ...]


class Conductors:
    """
    The conductor graph of a master file.

    Parameters
    ----------
    master
        The master file; its folder is copied first, since a script may write beside itself.
    scratch
        An empty folder.
    """

    def __init__(self, master: Path, scratch: Path) -> None:
        copy = scratch / "copy"
        shutil.copytree(master.parent.parent, copy)
        self._ways: dict[Conductor, list[Way]] = defaultdict(list)
        self._open: set[tuple[str, int]] = set()
        self._sources: list[Conductor] = []
        self._grounded: list[Conductor] = []
        self._neutral: set[Conductor] = set()
        self._loads: dict[str, list[Conductor]] = {}
        self.lines: dict[str, list[int]] = {}  # nodes of the first end, by line
        here = Path.cwd()
        try:
            self._read(copy / master.parent.name / master.name)
        finally:
            os.chdir(here)
        self._neutral = self._flood(frozenset(), designed=True, start=self._grounded)
        self._reachable = self._flood(frozenset(), designed=True)

    def _read(self, master: Path) -> None:
        from dss import DSS

        engine = DSS.NewContext()
        engine.AllowForms = False
        engine.Error.UseExceptions = False
        engine.Error.EarlyAbort = False
        engine.Text.Command = f'compile "{master}"'
        engine.Text.Command = "makebuslist"
        circuit = engine.ActiveCircuit
        for at in range(circuit.NumCktElements):
            element = circuit.CktElements(at)
            if element.Enabled:
                self._add(circuit, element)

    def _add(self, circuit: Any, element: Any) -> None:
        name = element.Name.lower()
        family = name.partition(".")[0]
        wires, order = int(element.NumConductors), [int(node) for node in element.NodeOrder]
        buses = [bus.partition(".")[0].lower() for bus in element.BusNames]
        ends = [
            [(bus, node) for node in order[at * wires : (at + 1) * wires]]
            for at, bus in enumerate(buses[: int(element.NumTerminals)])
        ]
        for at in range(len(ends)):
            for wire in range(wires):
                if element.IsOpen(at + 1, wire + 1):
                    self._open.add((name, wire))
        if family == "vsource":
            self._sources += [end for end in ends[0] if end[1] > 0]
        elif family == "load":
            self._loads[name] = [end for end in ends[0] if end[1] > 0]
        elif family == "transformer":
            self._wind(circuit, name, int(element.NumPhases), ends)
        elif family in {"line", "reactor", "capacitor", "gicline"} and len(ends) == 2:
            for wire, (near, far) in enumerate(zip(*ends, strict=True)):
                self._join(name, (wire,), near, far, up=True)
            if family == "reactor" and wires == 1 and ends[1][0][1] == 0:
                self._grounded += ends[0]
            if family == "line":
                self.lines[name] = [node for _, node in ends[0]]

    def _join(
        self, name: str, poles: tuple[int, ...], near: Conductor, far: Conductor, *, up: bool
    ) -> None:
        if near[1] > 0 and far[1] > 0:
            self._ways[near].append(Way(far, name, poles))
            if up:
                self._ways[far].append(Way(near, name, poles))

    def _wind(self, circuit: Any, name: str, phases: int, ends: list[list[Conductor]]) -> None:
        """Join windings: phase to phase, or any to all below a delta or a center tap."""
        table = circuit.Transformers
        table.Name = name.partition(".")[2]
        volts, deltas = [], []
        for winding in range(len(ends)):
            table.Wdg = winding + 1
            volts.append(float(table.kV))
            deltas.append(bool(table.IsDelta))
        hot = phases if phases > 1 else len(ends[0])
        numbers = [{node for _, node in end if 1 <= node <= 3} for end in ends]
        below = set().union(*numbers[1:])
        for at in range(1, len(ends)):
            mixed = any(deltas) and volts[0] != volts[at] if phases > 1 else below != numbers[0]
            up = volts[at] > LOW_KV or volts[0] <= LOW_KV
            if not mixed:
                for wire in range(hot):
                    self._join(name, (wire,), ends[0][wire], ends[at][wire], up=up)
                continue
            down = volts[0] > volts[at]
            high, low = (ends[0], ends[at]) if down else (ends[at], ends[0])
            for wire in range(hot):
                for other in low[:hot]:
                    self._join(name, (wire,), high[wire], other, up=False)

    def _flood(
        self,
        opened: frozenset[tuple[str, int]],
        *,
        designed: bool = False,
        start: list[Conductor] | None = None,
    ) -> set[Conductor]:
        """Return what voltage reaches; from `start`, what is one neutral with it."""
        shut = opened if designed else opened | self._open
        begin = self._sources if start is None else start
        found, queue = set(begin), deque(begin)
        while queue:
            for way in self._ways[queue.popleft()]:
                through = start is None or way.element.startswith("line.")
                shut_here = any((way.element, pole) in shut for pole in way.poles)
                if (
                    through
                    and not shut_here
                    and way.to not in found
                    and way.to not in self._neutral
                ):
                    found.add(way.to)
                    queue.append(way.to)
        return found

    def dark(self, *opened: tuple[str, int]) -> tuple[set[str], set[str]]:
        """
        Return the loads that are out, and those out in part.

        Parameters
        ----------
        opened
            Element and conductor (from 0) of each pole that opens besides those that stand open.
        """
        live = self._flood(frozenset(opened))
        out, partial = set(), set()
        for name, ends in self._loads.items():
            uses = [end for end in ends if end in self._reachable]
            lit = sum(end in live for end in uses)
            if uses and not lit:
                out.add(name)
            elif lit < len(uses):
                partial.add(name)
        return out, partial

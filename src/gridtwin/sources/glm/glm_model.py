"""Follow what objects of a GLM model say of each other: names, parents, configurations."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gridtwin.errors import SourceError
from gridtwin.model.notices import Notice
from gridtwin.sources.glm.glm_classes import (
    GLM_GENERATORS,
    GLM_HOUSE_CLASSES,
    GLM_LINK_KINDS,
    GLM_NODE_CLASSES,
    GLM_PASSED_CLASSES,
)
from gridtwin.sources.glm.glm_lines import GlmLines
from gridtwin.sources.glm.glm_parsing import GlmObject, GlmParser
from gridtwin.sources.glm.glm_values import read_glm_phases, read_glm_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DRAWN_CLASSES = frozenset(GLM_LINK_KINDS) | GLM_NODE_CLASSES
_READ_CLASSES = DRAWN_CLASSES | GLM_GENERATORS | GLM_HOUSE_CLASSES


class GlmModel:
    """
    The objects of a model, by name and number.

    An object without a name is called ``class_number``; without a number too, ``class_1`` and so on
    in the order of the file.

    Parameters
    ----------
    path
        The file to begin with.

    Raises
    ------
    SourceError
        If it cannot be read, two objects share an id, or a parent cannot be followed.
    """

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        lines = GlmLines(path)
        parser = GlmParser(lines)
        self.objects = parser.parse_all()
        self.notices = [*lines.notices, *parser.notices]
        self._named: dict[str, GlmObject] = {}
        self._numbered: dict[str, GlmObject] = {}
        self._name_all()
        self._note_unknown()

    def add_notice(self, rule: str, evidence: str, mend: str) -> None:
        """Note one thing passed over, mended or taken for granted."""
        self.notices.append(Notice(rule, evidence, mend))

    def iterate(self, kinds: frozenset[str]) -> Iterator[GlmObject]:
        """Return the objects of some classes, in the order of the file."""
        return (each for each in self.objects if each.kind in kinds)

    def _name_all(self) -> None:
        nameless = []
        for each in self.objects:
            if each.number:
                self._add_unique(self._numbered, f"{each.kind}:{each.number}", each)
            each.mrid = each.read_text("name")
            if each.mrid:
                self._add_unique(self._named, each.mrid, each)
        for each in self.objects:
            if not each.mrid and each.number:
                each.mrid = f"{each.kind}_{each.number}"
                self._add_unique(self._named, each.mrid, each)
        counts: Counter[str] = Counter()
        for each in self.objects:
            while not each.mrid or self._named.get(each.mrid) is not each:
                counts[each.kind] += 1
                each.mrid = f"{each.kind}_{counts[each.kind]}"
                self._named.setdefault(each.mrid, each)
                nameless.append(each)
        drawn = [each for each in nameless if each.kind in _READ_CLASSES]
        if drawn:
            self.add_notice(
                "nameless",
                f"{len(drawn):,} objects have neither name nor number, {drawn[0].place} the first:"
                f" called {drawn[0].mrid} and so on, in the order of the file",
                "name them, so that their ids stay",
            )

    def _add_unique(self, known: dict[str, GlmObject], key: str, each: GlmObject) -> None:
        other = known.setdefault(key, each)
        if other is not each:
            msg = (
                f"{each.place}: {each.kind} is called {key}, as the {other.kind} of {other.place}"
                " is: give each object a name of its own"
            )
            raise SourceError(msg)

    def _note_unknown(self) -> None:
        unknown: dict[str, list[GlmObject]] = {}
        for each in self.objects:
            if each.kind not in _READ_CLASSES and each.kind not in GLM_PASSED_CLASSES:
                unknown.setdefault(each.kind, []).append(each)
        for kind, found in unknown.items():
            first = found[0]
            ends = first.read_text("from"), first.read_text("to")
            joins = f", which joins {ends[0]} and {ends[1]}" if all(ends) else ""
            self.add_notice(
                "unknown_class",
                f"{len(found):,} objects of class {kind}, {first.mrid} at {first.place} the first"
                f"{joins}: left out",
                "use a class of GridLAB-D's powerflow if current flows through it",
            )

    def find(self, reference: str) -> GlmObject | None:
        """Return the object that a reference means: a name, or ``class:number``."""
        return self._named.get(reference) or self._numbered.get(reference.casefold())

    def require_node(self, of: GlmObject, name: str) -> str:
        """
        Return the node that a property of an object names, as `find_node` does.

        Raises
        ------
        SourceError
            If it names none.
        """
        reference = of.read_text(name)
        found = self.find(reference) if reference else None
        if found is None or found.kind not in GLM_NODE_CLASSES:
            what = f"which is a {found.kind}, no node" if found else "which no object is"
            said = f"{name} {reference[:80]}, {what}" if reference else f"no {name}"
            msg = (
                f"{of.place}: {of} says {said}: name a node, or add the file that defines it with"
                " #include"
            )
            raise SourceError(msg)
        return self.find_node(found)

    def find_node(self, found: GlmObject) -> str:
        """
        Return the node that an object stands at: a child is at its parent's.

        Raises
        ------
        SourceError
            If parents lead in a circle, or to what no object is.
        """
        seen = {found.mrid}
        while (parent := self._find_parent(found)) is not None:
            if parent.mrid in seen:
                msg = f"{found.place}: {found} is a parent of itself: say parent only once"
                raise SourceError(msg)
            seen.add(parent.mrid)
            found = parent
        return found.mrid

    def _find_parent(self, found: GlmObject) -> GlmObject | None:
        reference = found.read_text("parent")
        if not reference:
            return found.within
        parent = self.find(reference)
        if parent is None:
            msg = (
                f"{found.place}: {found} says parent {reference[:80]}, which no object is: name a"
                " node, or add the file that defines it with #include"
            )
            raise SourceError(msg)
        return parent

    def find_root(self, found: GlmObject) -> GlmObject:
        """Return the object whose node an object stands at."""
        return self._named[self.find_node(found)]

    def find_configuration(self, of: GlmObject) -> GlmObject | None:
        """Return how an object is built; None, and noted, where what it names is not there."""
        reference = of.read_text("configuration")
        found = self.find(reference) if reference else None
        if reference and found is None:
            self.add_notice(
                "dangling_reference",
                f"{of.place}: {of} says configuration {reference[:80]}, which no object is: its"
                " ratings are not known",
                "add the file that defines it with #include",
            )
        return found

    def read_quantity(self, of: GlmObject, name: str, units: dict[str, float]) -> float:
        """Return a quantity that is never below zero; NaN, and noted, where it is no such."""
        text = of.read_text(name)
        value = read_glm_quantity(text, units)
        if text and not value >= 0:
            self.note_odd(of, name, text, "no amount")
            return float("nan")
        return value

    def read_phases(self, of: GlmObject) -> tuple[int, frozenset[str]]:
        """Return what ``phases`` says; nothing, and noted, where it is no phase code."""
        text = of.read_text("phases")
        try:
            return read_glm_phases(text)
        except ValueError:
            self.note_odd(of, "phases", text, "no phase code")
            return 0, frozenset()

    def note_odd(self, of: GlmObject, name: str, text: str, why: str) -> None:
        """Note a value that cannot be."""
        self.add_notice(
            "odd_value",
            f"{of.place}: {of}: {name} {text[:60]!r} is {why}, taken as not known",
            "write it as GridLAB-D does",
        )

"""Say what a trace should do: one frozen, serializable record."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, get_args

from gridtwin.errors import InputError
from gridtwin.model import phases
from gridtwin.topology.conduction import PhasePolicy

KINDS = (
    "downstream",
    "upstream",
    "connected",
    "feeder",
    "isolation",
    "protective",
    "path",
    "loops",
    "ties",
)
MODES = ("all_paths", "shortest", "must_pass")


@dataclass(frozen=True, slots=True)
class TraceSpec:
    """
    What to trace and how.

    Raises
    ------
    InputError
        If a word is not known, or a number out of range.
    """

    kind: str
    phases: str = ""  # follow only conductors of these phases; all where empty
    phase_policy: PhasePolicy = "advisory"
    mode: str = "all_paths"  # of an upstream trace
    barriers: tuple[str, ...] = ()  # mRIDs of equipment the trace meets and does not pass
    where: str = ""  # keep only elements for which this expression holds
    polygon: str = ""  # keep only elements inside this GeoJSON polygon
    nearest: int = 0  # keep only the k nearest elements; 0 keeps all
    max_depth: int = 0  # stop after so many pieces of equipment; 0 goes on to the end
    include_indeterminate: bool = False  # add the rest of a loop, marked as such
    all_sides: bool = False  # of an isolation: operate also what has only dead ends beyond
    allow_lv_backfeed: bool = False
    islands: bool = False  # distributed energy resources supply too

    def __post_init__(self) -> None:
        """Check every word."""
        _one_of("trace", self.kind, KINDS)
        _one_of("mode", self.mode, MODES)
        _one_of("phase policy", self.phase_policy, get_args(PhasePolicy))
        if self.nearest < 0 or self.max_depth < 0:
            msg = "nearest and max_depth count from 0"
            raise InputError(msg)
        self.phase_mask()

    def phase_mask(self) -> int:
        """Return the phases looked at, as bits of A, B and C."""
        try:
            mask = phases.parse(self.phases) & phases.ABC
        except ValueError as error:
            raise InputError(str(error)) from error
        if self.phases and not mask:
            msg = f"phases {self.phases!r} names none of A, B and C"
            raise InputError(msg)
        return mask or phases.ABC

    def to_json(self) -> str:
        """Return the spec as a JSON text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> TraceSpec:
        """
        Return the spec of a JSON text.

        Raises
        ------
        InputError
            If it is no such text.
        """
        try:
            values = json.loads(text)
            values["barriers"] = tuple(values.get("barriers", ()))
        except (ValueError, TypeError, AttributeError) as error:
            msg = f"a trace spec is a JSON object: {error}"
            raise InputError(msg) from error
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown or "kind" not in values:
            msg = f"a trace spec needs a kind and knows no {', '.join(unknown) or 'other key'}"
            raise InputError(msg)
        try:
            return cls(**values)
        except TypeError as error:
            msg = f"a trace spec has a value of the wrong type: {error}"
            raise InputError(msg) from error


def _one_of(what: str, word: str, allowed: tuple[str, ...]) -> None:
    if word not in allowed:
        msg = f"no {what} is called {word!r}: use one of {', '.join(allowed)}"
        raise InputError(msg)


def spec_of(kind: str | TraceSpec, options: dict[str, Any]) -> TraceSpec:
    """
    Return the spec of a kind of trace, or another spec, with some fields changed.

    Raises
    ------
    InputError
        If there is no such kind or field.
    """
    if "barriers" in options:
        options = {**options, "barriers": tuple(options["barriers"])}
    try:
        return (
            replace(kind, **options) if isinstance(kind, TraceSpec) else TraceSpec(kind, **options)
        )
    except TypeError as error:
        msg = f"a trace has no such option: {error}"
        raise InputError(msg) from error

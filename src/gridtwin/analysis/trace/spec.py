"""
Say what a trace should do: one frozen, serializable record.

Each option of a trace is declared once, here: the command line, the server and Python take its
name, its meaning and its limits from `TRACE_OPTIONS`. Nothing heavy is imported, as a command line
reads this to print its help.
"""

from __future__ import annotations

import operator
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.topology.conduction import PhasePolicy

TRACE_KINDS = (
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
PASSING = TRACE_KINDS[:-2]  # the traces that go from element to element, so that one can bar them
MODES = ("all_paths", "shortest", "must_pass")
PHASE_POLICIES: tuple[PhasePolicy, ...] = ("strict", "advisory", "ignore")
LONGEST_WHERE = 2_000


@dataclass(frozen=True, slots=True)
class TraceOption:
    """What a field of `TraceSpec` means to who says it, at whichever door."""

    meaning: str
    default: Any = None
    words: tuple[str, ...] = ()  # the only ones it takes; whatever text where empty
    kinds: tuple[str, ...] = TRACE_KINDS  # the traces it says something to
    each: str = ""  # what one entry of a list is called, where a door takes them one by one
    longest: int = 0  # characters, or entries, that a door takes from strangers
    example: str = ""


def _declare_option(meaning: str, **more: Any) -> dict[str, TraceOption]:
    return {"option": TraceOption(meaning, **more)}


@dataclass(frozen=True, slots=True)
class TraceSpec:
    """
    What to trace and how; the options are told in `TRACE_OPTIONS`.

    Raises
    ------
    InputError
        If a value is of the wrong type, a word not known, or a number out of range.
    """

    kind: str
    phases: str = field(
        default="",
        metadata=_declare_option(
            "Follow only conductors of these phases; all by default.", longest=20, example="A"
        ),
    )
    phase_policy: PhasePolicy = field(
        default="advisory",
        metadata=_declare_option(
            "How far recorded phases decide: strict, advisory or ignore.", words=PHASE_POLICIES
        ),
    )
    mode: str = field(
        default="all_paths",
        metadata=_declare_option(
            "Upstream: all_paths, shortest or must_pass.", words=MODES, kinds=("upstream",)
        ),
    )
    barriers: tuple[str, ...] = field(
        default=(),
        metadata=_declare_option(
            "Equipment the trace meets and does not pass; repeatable.",
            kinds=PASSING,
            each="barrier",
            longest=1_000,
            example="SW-1",
        ),
    )
    where: str = field(
        default="",
        metadata=_declare_option(
            "Keep elements for which this holds.", longest=LONGEST_WHERE, example="kind == 'fuse'"
        ),
    )
    polygon: str = field(
        default="",
        metadata=_declare_option(
            "Keep elements inside this polygon: GeoJSON, WKT, or west,south,east,north.",
            longest=20_000,
            example="-95.4,29.7,-95.3,29.8",
        ),
    )
    nearest: int = field(
        default=0, metadata=_declare_option("Keep the K nearest elements; 0 for all.")
    )
    max_depth: int = field(
        default=0,
        metadata=_declare_option("Stop after so many pieces of equipment; 0 for no limit."),
    )
    include_indeterminate: bool = field(
        default=False,
        metadata=_declare_option(
            "Downstream: add the rest of a loop, marked so.", kinds=("downstream",)
        ),
    )
    all_sides: bool = field(
        default=False,
        metadata=_declare_option("Isolation: operate towards dead ends too.", kinds=("isolation",)),
    )
    allow_lv_backfeed: bool = field(
        default=False, metadata=_declare_option("Low voltage may supply medium voltage.")
    )
    islands: bool = field(
        default=False, metadata=_declare_option("Distributed energy resources supply too.")
    )

    def __post_init__(self) -> None:
        """Check every value; a list of barriers, a polygon as such, become what can be kept."""
        _one_of("trace", self.kind, TRACE_KINDS)
        for name, option in TRACE_OPTIONS.items():
            value = _check_value(name, option.default, getattr(self, name))
            object.__setattr__(self, name, value)
            if option.words:
                _one_of(name.replace("_", " "), value, option.words)
        self.phase_mask()

    def phase_mask(self) -> int:
        """Return the phases looked at, as bits of A, B and C."""
        from gridtwin.model import phases

        try:
            mask = phases.parse_phases(self.phases) & phases.ABC
        except ValueError as error:
            raise InputError(str(error)) from error
        if self.phases and not mask:
            msg = f"phases {self.phases!r} names none of A, B and C"
            raise InputError(msg)
        return mask or phases.ABC

    def derive(self, said: Mapping[str, Any]) -> TraceSpec:
        """
        Return this spec with what is said beside it.

        Parameters
        ----------
        said
            Fields: each stands as it is said, also where it is 0 or empty; None says nothing. With
            another ``kind``, what is here said to the first alone does not go with it.

        Raises
        ------
        InputError
            If there is no such field, or one says nothing to this kind of trace.
        """
        said = {name: value for name, value in said.items() if value is not None}
        for name in said:
            if name != "kind" and name not in TRACE_OPTIONS:
                raise _make_unknown_error(name)
        kind = said.get("kind", self.kind)
        foreign = [name for name, option in TRACE_OPTIONS.items() if kind not in option.kinds]
        left = {name: TRACE_OPTIONS[name].default for name in foreign if kind != self.kind}
        derived = replace(self, **{**left, **said})
        for name in (name for name in foreign if name in said):
            if getattr(derived, name) != TRACE_OPTIONS[name].default:
                kinds = ", ".join(TRACE_OPTIONS[name].kinds)
                msg = f"{name} says nothing to the trace {kind}, only to {kinds}: leave it out"
                raise InputError(msg)
        return derived

    def to_json(self) -> str:
        """Return the spec as a JSON text."""
        import json

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
        import json

        try:
            values = dict(json.loads(text))
        except (ValueError, TypeError) as error:
            msg = f"a trace spec is a JSON object: {error}"
            raise InputError(msg) from error
        unknown = sorted(set(values) - {each.name for each in fields(cls)})
        if unknown or "kind" not in values:
            msg = f"a trace spec needs a kind and knows no {', '.join(unknown) or 'other key'}"
            raise InputError(msg)
        return cls(**values)


TRACE_OPTIONS: dict[str, TraceOption] = {
    each.name: replace(each.metadata["option"], default=each.default)
    for each in fields(TraceSpec)
    if each.metadata
}


def _one_of(what: str, word: object, allowed: tuple[str, ...]) -> None:
    if word not in allowed:
        msg = f"no {what} is called {word!r}: use one of {', '.join(allowed)}"
        raise InputError(msg)


def _make_unknown_error(name: str) -> InputError:
    from difflib import get_close_matches

    close = get_close_matches(name, TRACE_OPTIONS, n=1)
    mend = f"is it {close[0]}?" if close else f"use one of {', '.join(TRACE_OPTIONS)}"
    return InputError(f"a trace has no such option: {name!r}; {mend}")


def _check_value(name: str, default: Any, value: Any) -> Any:
    """Return a value of the type of its field's default; one barrier alone is a list of one."""
    if name == "polygon" and not isinstance(value, str):
        from gridtwin.analysis.place.polygon_forms import write_form

        return write_form(value)
    if isinstance(default, bool):
        right, wants = isinstance(value, bool), "true or false"
    elif isinstance(default, int):
        right = hasattr(value, "__index__") and not isinstance(value, bool)
        value, wants = operator.index(value) if right else value, "a whole number"
    elif isinstance(default, tuple):
        value = (value,) if isinstance(value, str) else value
        right = isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
        value, wants = tuple(filter(None, value)) if right else value, "a list of mRIDs"
    else:
        right, wants = isinstance(value, str), "a text"
    if not right:
        msg = f"{name} has a value of the wrong type: it is {wants}, not {value!r}"
        raise InputError(msg)
    if wants == "a whole number" and value < 0:
        msg = f"{name} counts from 0, so that it cannot be {value}"
        raise InputError(msg)
    return value

"""Hold the rows of a block against what their source says itself: names, domains and numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim
from gridtwin.model.notices import Notice
from gridtwin.model.phases import parse_phases
from gridtwin.model.schema import SCHEMA
from gridtwin.sources.mapping.mapping_domains import DOMAIN_PREFIX
from gridtwin.sources.mapping.mapping_values import CodeTable, SwitchPositions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_file import LayerBlock
    from gridtwin.sources.mapping.mapping_layers import MappedSource, SourceLayer

_SWITCH_NAMES = frozenset(kind.name for kind in cim.KINDS if kind.switch)
_PROTECTING = frozenset(kind.name for kind in cim.KINDS if kind.protects) | {"sectionaliser"}
_LINE_NAMES = frozenset({"ac_line_segment", "service_drop", "busbar", "jumper", "series_reactor"})
# What the words of several languages, and the layers of Brazil's BDGD, say of a kind.
KIND_WORDS: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kinds)
    for pattern, kinds in (
        (r"trafo|transf|^untr", frozenset({"power_transformer"})),
        (r"regul|^unre", frozenset({"voltage_regulator"})),
        (r"fuse|fus[ií]ve|sicherung", frozenset({"fuse"})),
        (r"reclos|religador", frozenset({"recloser"})),
        (r"breaker|disjuntor|protective", _PROTECTING),
        (r"switch|chave|seccion|disconnect|open ?point|schalter|trenner|^unse", _SWITCH_NAMES),
        (r"line|segment|cable|conductor|leitung|kabel|tramo|trecho|^ssd|^ramlig", _LINE_NAMES),
    )
)
# The units of switching in PRODIST, module 10, whose geodatabases carry no domains.
KNOWN_CODES = {
    "tip_unid": {
        "19": "disconnector",
        "20": "disconnector",
        "21": "load_break_switch",
        "22": "fuse",
        "29": "breaker",
        "32": "recloser",
        "57": "jumper",
    }
}
CUSTOMER_LAYERS = re.compile(r"^loads?$|consumer|customer|^meters?$|service ?point", re.IGNORECASE)
MANY_ROWS, FEWEST_PLACES = 20, 4
AREA_MARGIN = 1.0  # degrees: utilities use a system a little beyond its area
# What the domains of several languages call what is not, or no longer, in service.
UNUSED_WORDS = re.compile(
    r"retire|abandon|propos|remov|inactiv|idle|future|planned|out of service|baixad|projet",
    re.IGNORECASE,
)
OPEN_PATTERN = re.compile(r"\b(open|abert|abiert|offen|ouvert)", re.IGNORECASE)
CLOSED_PATTERN = re.compile(r"\b(clos|fechad|cerrad|geschl|ferm)", re.IGNORECASE)
WORDS = ("placement", "control")
NUMBERS = frozenset(
    column.name for frame in SCHEMA.values() for column in frame.columns if column.unit
)


def judge_evidence(
    block: LayerBlock, layer: str, own: pa.Table, rows: NDArray[np.int64], frame: pd.DataFrame
) -> list[Notice]:
    """
    Return where the rows of a block contradict what the source says of itself.

    Parameters
    ----------
    block, layer
        The block, and the layer it reads.
    own
        The layer as it was read, with the columns of its domains.
    rows
        The rows of the layer that the block takes.
    frame
        What the block makes of them, in the same order.
    """
    if not own.num_rows:
        return []
    judges = (
        _judge_filter(rows, own.num_rows),
        _judge_kinds(block, layer, own, rows, frame),
        _judge_columns(block, own),
        _judge_phases(block, own, rows, frame),
        _judge_positions(block, own),
        _judge_numbers(block, frame),
    )
    return [
        Notice(rule, f"{block.label}, {layer}{key and f', {key}'}: {evidence}", mend)
        for judge in judges
        for rule, key, evidence, mend in judge
    ]


def _judge_columns(block: LayerBlock, own: pa.Table) -> Iterator[tuple[str, str, str, str]]:
    """Yield columns that are read as a kind and as phases: codes of the one are not the other."""
    kind, phases = (block.columns.get(key) for key in ("kind", "phases"))
    if not isinstance(kind, CodeTable) or phases is None:
        return
    said = phases.column if isinstance(phases, CodeTable) else str(phases)
    for name in own.column_names:
        word = re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)
        if word.search(kind.column) and word.search(said):
            yield (
                "column_of_two_meanings",
                "kind",
                f"{name} is read as the kind, and as phases",
                "take the column of the subtype or asset type for the kind",
            )


def judge_places(
    layer: SourceLayer, crs: str | None, shapes: NDArray[np.object_], label: str
) -> list[Notice]:
    """
    Return whether the coordinate system that a mapping says is that of a layer.

    Parameters
    ----------
    layer
        The layer, with the system that it states itself.
    crs
        What the mapping says, which is stronger.
    shapes
        Where it lies then, in longitude and latitude.
    label
        The block, for messages.
    """
    import pyproj
    import shapely

    if crs is not None and crs.casefold() == "none":
        return []
    notices = []
    system = pyproj.CRS.from_user_input(crs or layer.crs)
    if crs and layer.crs and not system.equals(layer.crs, ignore_axis_order=True):
        stated = pyproj.CRS.from_user_input(layer.crs)
        notices.append(
            Notice(
                "crs_differs",
                f"{label}: layer {layer.name} states {stated.name}, and is taken as {system.name}",
                "leave out [source] crs unless the layer is wrong",
            )
        )
    area = system.area_of_use
    x, y = shapely.get_coordinates(shapes).T
    if area is None or not len(x):
        return notices
    east = area.east + 360 * (area.east < area.west)
    inside = (x >= area.west - AREA_MARGIN) & (x <= east + AREA_MARGIN)
    inside &= (y >= area.south - AREA_MARGIN) & (y <= area.north + AREA_MARGIN)
    if not inside.all():
        notices.append(
            Notice(
                "outside_area_of_use",
                f"{label}: {int((~inside).sum()):,} of {len(x):,} places of layer {layer.name} lie"
                f" outside of where {system.name} is used, such as {x[~inside][0]:.5g},"
                f" {y[~inside][0]:.5g}",
                "say another [source] crs",
            )
        )
    return notices


def find_unused(own: pa.Table) -> NDArray[np.bool_]:
    """Return the rows of a layer that a word of a domain calls out of service."""
    unused = np.zeros(own.num_rows, dtype=bool)
    for name in own.column_names:
        if name.startswith(DOMAIN_PREFIX):
            words = own[name].to_pylist()
            unused |= np.array([bool(word and UNUSED_WORDS.search(word)) for word in words], bool)
    return unused


def judge_layers(
    source: MappedSource, mapped: Iterable[str], passed: Mapping[str, NDArray[np.bool_]]
) -> list[Notice]:
    """
    Return which layers and rows of a network a mapping leaves out.

    Parameters
    ----------
    source
        What has the layers.
    mapped
        The layers that the mapping reads.
    passed
        Which rows of each layer a block takes.
    """
    read = set(mapped)
    drawn = any(source.count_rows(layer)[1] for layer in read)
    notices = []
    for layer in source.layers:
        if layer in read or not (_find_kinds(layer) or CUSTOMER_LAYERS.search(layer)):
            continue
        rows, has_shapes = source.count_rows(layer)
        if rows and (has_shapes or not drawn):
            notices.append(
                Notice(
                    "layer_left_out",
                    f"no block reads the {rows:,} rows of layer {layer}",
                    "map it, if it is part of the network",
                )
            )
    for layer, taken in passed.items():
        lost = int((~taken).sum())
        if taken.any() and lost:
            notices.append(
                Notice(
                    "rows_left_out",
                    f"{lost:,} of {len(taken):,} rows of layer {layer} pass the where of no block,"
                    " and no domain says that they are out of service",
                    "look at where, or map them",
                )
            )
    return notices


Evidence = tuple[str, str, str, str]  # rule, key, evidence and mend


def _judge_filter(rows: NDArray[np.int64], count: int) -> Iterator[Evidence]:
    """Tell that no row passes."""
    if not len(rows):
        yield (
            "no_row_passes",
            "where",
            f"none of {count:,} rows passes",
            "look at where, or leave out the layer",
        )


def _judge_kinds(
    block: LayerBlock, layer: str, own: pa.Table, rows: NDArray[np.int64], frame: pd.DataFrame
) -> Iterator[Evidence]:
    """Tell of kinds that the name of the layer, or the word of a code, contradicts."""
    if "kind" not in frame:
        return
    kinds = frame["kind"].astype(str).to_numpy()
    words = [*_list_words(block, "kind", own)]
    told = [np.full(len(rows), layer), *(column[rows] for column in words)]
    pairs = {
        (str(word), str(kind))
        for column in told
        for word, kind in set(zip(column.tolist(), kinds.tolist(), strict=True))
        if word is not None
    }
    for word, kind in sorted(pairs):
        meant = _find_kinds(word)
        if meant and kind in cim.KIND_CODE and kind not in meant:
            yield (
                "kind_against_name",
                "kind",
                f"what is called {word} is mapped to {kind}",
                f"say {' or '.join(sorted(meant)[:3])}",
            )


def _find_kinds(word: str) -> frozenset[str]:
    """Return the kinds that a word may mean; none if it says nothing."""
    if word in cim.KIND_CODE:
        return frozenset({word})
    fitting = [kinds for pattern, kinds in KIND_WORDS if pattern.search(word)]
    return frozenset().union(*fitting)


def _list_words(block: LayerBlock, key: str, own: pa.Table) -> Iterator[NDArray[np.object_]]:
    """Return the words of the columns that the expression of a key reads, where they have any."""
    value = block.columns.get(key)
    text = value if isinstance(value, str) else getattr(value, "column", "")
    for name in own.column_names:
        if not re.search(rf"\b{re.escape(name)}\b", text):
            continue
        known = KNOWN_CODES.get(name.casefold(), {})
        if DOMAIN_PREFIX + name in own.column_names:
            yield np.array(own[DOMAIN_PREFIX + name].to_pylist(), dtype=object)
        elif known:
            codes = own[name].to_pylist()
            yield np.array([known.get(str(code).strip()) for code in codes], dtype=object)


def _judge_phases(
    block: LayerBlock, own: pa.Table, rows: NDArray[np.int64], frame: pd.DataFrame
) -> Iterator[Evidence]:
    """Tell of codes of phases that their domain calls otherwise, and of phases nobody records."""
    if "phases" not in frame:
        return
    made = frame["phases"].astype(object).where(frame["phases"].notna(), "").astype(str).to_numpy()
    if len(made) and not (made != "").any():
        yield ("no_value", "phases", "no row has any", "take another column")
    for words in _list_words(block, "phases", own):
        for word, letters in sorted(set(zip(map(str, words[rows]), made.tolist(), strict=True))):
            if re.fullmatch(r"[ABCN]{1,4}", word) and parse_phases(letters) != parse_phases(word):
                yield (
                    "phases_against_domain",
                    "phases",
                    f"the source calls {word} what the mapping makes {letters or 'nothing'} of",
                    "look at the bits in [phases]",
                )
                return


def _judge_positions(block: LayerBlock, own: pa.Table) -> Iterator[Evidence]:
    """Tell of codes taken for open that their domain calls closed, and the reverse."""
    value = block.columns.get("normal_open")
    if not isinstance(value, SwitchPositions):
        return
    for column in value.columns.values():
        if DOMAIN_PREFIX + column not in own.column_names:
            continue
        pairs = zip(own[column].to_pylist(), own[DOMAIN_PREFIX + column].to_pylist(), strict=True)
        for code, word in sorted(set(pairs), key=str):
            wrong = (CLOSED_PATTERN, "open") if str(code) in value.open_words else None
            wrong = (OPEN_PATTERN, "closed") if str(code) in value.closed_words else wrong
            if wrong and wrong[0].search(str(word)):
                yield (
                    "position_against_domain",
                    "normal_open",
                    f"the source calls {word} the code {code!r} of {column}, which the mapping"
                    f" takes for {wrong[1]}",
                    "exchange the words for open and closed",
                )


def _judge_numbers(block: LayerBlock, frame: pd.DataFrame) -> Iterator[Evidence]:
    """Tell of numbers that are none, and of columns that say nothing in any row."""
    import pandas as pd

    for name in (name for name in WORDS if name in block.columns):
        if len(frame) and not (frame[name].notna() & (frame[name] != "")).any():
            yield ("no_value", name, f"none of {len(frame):,} rows has any", "take another column")
    for name in (name for name in block.columns if name in NUMBERS or name in {"x", "y"}):
        said = frame[name]
        numbers = np.array(pd.to_numeric(said, errors="coerce"), dtype=np.float64)
        texts = said.astype(object).where(said.notna(), "").astype(str).str.strip().to_numpy()
        lost = np.flatnonzero(np.isnan(numbers) & (texts != "") & (texts != "nan"))
        if len(lost):
            yield (
                "no_number",
                name,
                f"{len(lost):,} of {len(said):,} values are no numbers, such as"
                f" {texts[lost[0]]!r}, and are left empty",
                "take another column, or make numbers of them",
            )
        elif name in {"x", "y"}:
            values = len(np.unique(numbers[np.isfinite(numbers)]))
            if len(said) >= MANY_ROWS and values < FEWEST_PLACES:
                yield (
                    "one_place",
                    name,
                    f"{len(said):,} rows have {values:,} values of it",
                    "take another column",
                )
        elif len(said) and not (np.isfinite(numbers) & (numbers != 0)).any():
            yield ("no_value", name, f"none of {len(said):,} rows has any", "take another column")

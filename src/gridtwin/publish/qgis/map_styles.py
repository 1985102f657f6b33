"""Say how each layer of the project is drawn: the page's symbols and colors, by scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.model import cim
from gridtwin.publish.qgis.map_colors import FEEDER_LINE_COLORS, MAP_COLORS, VOLTAGE_COLORS
from gridtwin.publish.qgis.symbol_xml import LabelStyle, MapSymbol, StyleRule, SymbolLayer

if TYPE_CHECKING:
    from collections.abc import Iterable

# Denominators of the smallest scale at which things are drawn, so that a whole city draws fast.
LOW_VOLTAGE_SCALE = 17_000
TRANSFORMER_SCALE = 35_000
SWITCH_SCALE = 35_000
PROTECTION_SCALE = 100_000  # breakers and reclosers
FUSE_SCALE = 20_000
USAGE_POINT_SCALE = 9_000
NODE_SCALE = 2_500
SUBSTATION_LABEL_SCALE = 400_000
FEEDER_LABEL_SCALE = 60_000
DEVICE_LABEL_SCALE = 6_000
USAGE_POINT_LABEL_SCALE = 1_500
LINE_MIDDLE = "centroid($geometry)"
DASHES = "1.2;0.9"
OUT_FILTER = "\"twin_energized\" = 'no'"
PARTIAL_FILTER = "\"twin_energized\" = 'partial'"
REST = "ELSE"
# Lines grow as the map does, those of three phases most.
LINE_WIDTH = (
    "scale_linear(log10(@map_scale), 3, 5.3, 0.9, 0.2)"
    ' * if(length("phases") >= 3 OR "phases" = \'\', 1.6, 1)'
    ' * if("kind" = \'service_drop\' OR "twin_v" <= 1000, 0.4, 1)'
)
SYMBOL_GROWTH = "scale_linear(log10(@map_scale), 3.2, 4.7, 1.25, 0.55)"
FEEDER_COLOR = (
    f"if(\"twin_color\" < 0, '{MAP_COLORS['noFeeder']}', array_get(array("
    + ", ".join(f"'{color}'" for color in FEEDER_LINE_COLORS)
    + '), "twin_color"))'
)
SWITCH_SHAPES: dict[str, tuple[str, float, str]] = {  # of a kind: shape, size in mm, letter
    "breaker": ("square", 3.0, ""),
    "recloser": ("circle", 3.5, "R"),
    "sectionaliser": ("circle", 3.5, "S"),
    "load_break_switch": ("diamond", 3.9, ""),
    "disconnector": ("triangle", 3.5, ""),
    "fuse": ("", 3.4, ""),
    "jumper": ("circle", 2.1, ""),
}
SWITCH_SCALES = {"breaker": PROTECTION_SCALE, "recloser": PROTECTION_SCALE, "fuse": FUSE_SCALE}


def draw_lines(*, by_voltage: bool = False) -> tuple[StyleRule, ...]:
    """Return the rules of lines: without supply, with part of it, and the rest in color."""
    dark, partial = MAP_COLORS["out"], MAP_COLORS["partial"]
    lit = (
        _color_by_voltage()
        if by_voltage
        else (StyleRule("with supply, by feeder", REST, _make_line("#1668b8", FEEDER_COLOR)),)
    )
    return (
        StyleRule("without supply", OUT_FILTER, _make_dashes(dark)),
        StyleRule("without supply on some phases", PARTIAL_FILTER, _make_dashes(partial)),
        *lit,
    )


def _color_by_voltage() -> tuple[StyleRule, ...]:
    """Return a rule for each range of voltages, and one for those that are not known."""
    rules = []
    ends = [*(low for low, _ in VOLTAGE_COLORS[1:]), 0]
    for (low, color), high in zip(VOLTAGE_COLORS, ends, strict=True):
        told = f"{low / 1000:g} to {high / 1000:g} kV" if high else f"above {low / 1000:g} kV"
        test = f'"twin_energized" = \'yes\' AND "twin_v" >= {low}'
        test += f' AND "twin_v" < {high}' if high else ""
        rules.append(StyleRule(told, test, _make_line(color)))
    return (*rules, StyleRule("voltage not known", REST, _make_line(MAP_COLORS["unknown"])))


def _make_line(color: str, expression: str = "") -> MapSymbol:
    given = {"outlineWidth": LINE_WIDTH}
    if expression:
        given["outlineColor"] = expression
    values = {"line_color": color, "line_width": "0.4", "capstyle": "round", "joinstyle": "round"}
    return MapSymbol("line", (SymbolLayer("SimpleLine", values, given),))


def _make_dashes(color: str) -> MapSymbol:
    """Return a line of pale ground with dashes of a color."""
    shared = {"capstyle": "flat", "joinstyle": "round"}
    return MapSymbol(
        "line",
        (
            SymbolLayer(
                "SimpleLine",
                {**shared, "line_color": MAP_COLORS["outCore"], "line_width": "0.7"},
            ),
            SymbolLayer(
                "SimpleLine",
                {
                    **shared,
                    "line_color": color,
                    "line_width": "0.7",
                    "use_custom_dash": "1",
                    "customdash": DASHES,
                    "customdash_unit": "MM",
                },
            ),
        ),
    )


def draw_switches() -> tuple[StyleRule, ...]:
    """Return the rules of switches by kind and position, and the ring of the abnormal ones."""
    kinds = [
        StyleRule(
            kind.replace("_", " "),
            f"\"kind\" = '{kind}'",
            scale=SWITCH_SCALES.get(kind, SWITCH_SCALE),
            children=(
                StyleRule("closed", "\"twin_open\" = ''", _make_switch(kind, "closed")),
                StyleRule(
                    "open on some phases",
                    "\"twin_open\" NOT IN ('', 'ABC', replace(\"phases\", 'N', ''))",
                    _make_switch(kind, "partial"),
                ),
                StyleRule("open", REST, _make_switch(kind, "open")),
            ),
        )
        for kind in SWITCH_SHAPES
    ]
    ring = SymbolLayer(
        "SimpleMarker",
        {
            "name": "circle",
            "size": "5.6",
            "color": "#00000000",
            "outline_color": MAP_COLORS["abnormal"],
            "outline_width": "0.6",
        },
    )
    abnormal = StyleRule(
        "not in its normal position",
        '"twin_open" <> "normal_open"',
        MapSymbol("marker", (ring,), LINE_MIDDLE),
        SWITCH_SCALE,
    )
    return (*kinds, abnormal)


def _make_switch(kind: str, position: str) -> MapSymbol:
    """Return the symbol of a switch: filled, hollow with a blade that stands off, or half-way."""
    shape, size, letter = SWITCH_SHAPES[kind]
    closed = position == "closed"
    line = MAP_COLORS["closed" if closed else "open"]
    values = {
        "color": line if closed else MAP_COLORS["symbolFill"],
        "outline_color": line,
        "outline_width": "0.45",
        "joinstyle": "round",
    }
    if shape:
        body = SymbolLayer("SimpleMarker", {**values, "name": shape, "size": f"{size}"})
    else:
        wide = {"symbol_name": "rectangle", "symbol_width": f"{size}", "symbol_height": "1.7"}
        body = SymbolLayer("EllipseMarker", {**values, **wide})
    layers = [body]
    if position == "open":
        blade = {"name": "line", "angle": "45", "size": "2.2", "outline_color": line}
        layers.append(SymbolLayer("SimpleMarker", {**blade, "outline_width": "0.5"}))
    elif position == "partial":
        core = {"name": "circle", "size": "1.3", "color": line, "outline_color": line}
        layers.append(SymbolLayer("SimpleMarker", core))
    if letter and closed:
        text = {"chr": letter, "size": "2.4", "color": MAP_COLORS["symbolFill"]}
        layers.append(SymbolLayer("FontMarker", {**text, "outline_width": "0"}))
    return MapSymbol("marker", tuple(layers), LINE_MIDDLE)


def draw_transformers() -> tuple[StyleRule, ...]:
    """Return the rules of transformers and regulators: dots in the color of their feeder."""
    regulator = "\"kind\" = 'voltage_regulator'"
    dark = {"color": MAP_COLORS["outCore"], "outline_color": MAP_COLORS["out"]}
    some = {"color": MAP_COLORS["outCore"], "outline_color": MAP_COLORS["partial"]}
    arrow = {"name": "arrow", "size": "3.6", "angle": "45", "color": MAP_COLORS["symbol"]}
    return (
        StyleRule("without supply", OUT_FILTER, _make_dot(2.2, {**dark, "outline_width": "0.5"})),
        StyleRule(
            "without supply on some phases",
            PARTIAL_FILTER,
            _make_dot(2.2, {**some, "outline_width": "0.5"}),
        ),
        StyleRule(
            "with supply, by feeder",
            "\"twin_energized\" = 'yes'",
            _make_dot(
                2.2,
                {"outline_color": MAP_COLORS["symbolFill"], "outline_width": "0.3"},
                {"fillColor": FEEDER_COLOR},
            ),
        ),
        StyleRule(
            "voltage regulator",
            regulator,
            MapSymbol(
                "marker",
                (SymbolLayer("SimpleMarker", {**arrow, "outline_style": "no"}),),
                LINE_MIDDLE,
            ),
        ),
    )


def _make_dot(
    size: float, values: dict[str, str], given: dict[str, str] | None = None, at: str = LINE_MIDDLE
) -> MapSymbol:
    """Return a dot that grows as the map does."""
    grown = {"size": f"{size} * {SYMBOL_GROWTH}", **(given or {})}
    shape = {"name": "circle", "size": f"{size}", **values}
    return MapSymbol("marker", (SymbolLayer("SimpleMarker", shape, grown),), at)


def draw_usage_points() -> tuple[StyleRule, ...]:
    """Return the rules of usage points, and the cross of those that go first."""
    fine = {"color": MAP_COLORS["closed"], "outline_color": MAP_COLORS["ground"]}
    dark = {"color": MAP_COLORS["ground"], "outline_color": MAP_COLORS["out"]}
    some = {"color": MAP_COLORS["closed"], "outline_color": MAP_COLORS["partial"]}
    cross = {"name": "cross_fill", "size": "2.6", "color": MAP_COLORS["select"]}
    halo = {"outline_color": MAP_COLORS["ground"], "outline_width": "0.3", "offset": "1.6,-1.6"}
    return (
        StyleRule(
            "without supply", OUT_FILTER, _make_dot(1.5, {**dark, "outline_width": "0.4"}, at="")
        ),
        StyleRule(
            "without supply on some phases",
            PARTIAL_FILTER,
            _make_dot(1.5, {**some, "outline_width": "0.4"}, at=""),
        ),
        StyleRule("with supply", "\"twin_energized\" = 'yes'", _make_dot(1.4, fine, at="")),
        StyleRule(
            "priority site",
            "\"priority\" <> ''",
            MapSymbol("marker", (SymbolLayer("SimpleMarker", {**cross, **halo}),)),
        ),
    )


def draw_substations() -> tuple[StyleRule, ...]:
    """Return the rule of substations: a square in a ring."""
    ring = {"name": "circle", "size": "5.4", "color": MAP_COLORS["ground"]}
    edge = {"outline_color": MAP_COLORS["calm"], "outline_width": "0.8"}
    square = {"name": "square", "size": "2.2", "color": MAP_COLORS["symbol"]}
    layers = (
        SymbolLayer("SimpleMarker", {**ring, **edge}),
        SymbolLayer("SimpleMarker", {**square, "outline_style": "no"}),
    )
    return (StyleRule("substation", "", MapSymbol("marker", layers)),)


def draw_nodes() -> tuple[StyleRule, ...]:
    """Return the rule of nodes."""
    values = {"color": MAP_COLORS["symbolFill"], "outline_color": MAP_COLORS["labelQuiet"]}
    return (StyleRule("node", "", _make_dot(0.9, values, at="")),)


def draw_equipment() -> tuple[StyleRule, ...]:
    """Return the rules of all equipment in one layer, as one opens the table by itself."""
    switches = _list_words(kind.name for kind in cim.KINDS if kind.switch)
    return (
        StyleRule(
            "lines",
            f"\"kind\" NOT IN ({switches}, {TRANSFORMER_WORDS}, 'service_drop')",
            children=draw_lines(),
        ),
        StyleRule(
            "services", "\"kind\" = 'service_drop'", scale=LOW_VOLTAGE_SCALE, children=draw_lines()
        ),
        StyleRule(
            "transformers",
            f'"kind" IN ({TRANSFORMER_WORDS})',
            scale=TRANSFORMER_SCALE,
            children=draw_transformers(),
        ),
        StyleRule("switches", f'"kind" IN ({switches})', children=draw_switches()),
    )


def _list_words(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


TRANSFORMER_WORDS = _list_words(("power_transformer", "voltage_regulator"))
CALLED = 'coalesce(nullif("name", \'\'), "mrid")'


def _write(expression: str, scale: int, *, along: bool = False, at: str = "") -> LabelStyle:
    return LabelStyle(
        expression, scale, 7.5, MAP_COLORS["label"], MAP_COLORS["labelHalo"], along, at
    )


# Laterals of one or two phases are told by their color.
LINE_LABELS = _write(
    'if(length("phases") >= 3 OR "phases" = \'\', "twin_feeder_name", NULL)',
    FEEDER_LABEL_SCALE,
    along=True,
)
SWITCH_LABELS = _write(CALLED, DEVICE_LABEL_SCALE, at=LINE_MIDDLE)
TRANSFORMER_LABELS = _write(
    'if("rated_va" > 0, format_number("rated_va" / 1000, 0) || \' kVA\', "mrid")',
    DEVICE_LABEL_SCALE,
    at=LINE_MIDDLE,
)
USAGE_POINT_LABELS = _write(CALLED, USAGE_POINT_LABEL_SCALE)
SUBSTATION_LABELS = LabelStyle(
    CALLED, SUBSTATION_LABEL_SCALE, 9.0, MAP_COLORS["label"], MAP_COLORS["labelHalo"]
)

"""Write the symbols, rules and labels of QGIS as it writes them itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXPRESSION_PROPERTY = "3"  # how QGIS numbers a property that an expression gives
MILLIMETERS = "MM"
AROUND_POINT, ALONG_LINE = "6", "2"  # QGIS's numbers of ordered places around a point, and lines
MOST_LABELS = "2000"


def read_color(code: str) -> str:
    """
    Return a color as QGIS keeps it.

    Examples
    --------
    >>> read_color("#c8201a"), read_color("#00000000")
    ('200,32,26,255', '0,0,0,0')
    """
    parts = bytes.fromhex(code.removeprefix("#").ljust(8, "f"))
    return ",".join(map(str, parts))


def write_options(values: Mapping[str, str]) -> Element:
    """Return properties as a map of options."""
    options = Element("Option", type="Map")
    for name, value in values.items():
        SubElement(options, "Option", name=name, type="QString", value=value)
    return options


def write_properties(tag: str, expressions: Mapping[str, str]) -> Element:
    """Return the properties that expressions give, as QGIS keeps a collection of them."""
    element = Element(tag)
    options = write_options({"name": ""})
    each = SubElement(options, "Option", name="properties")
    for name, expression in expressions.items():
        each.set("type", "Map")
        one = SubElement(each, "Option", name=name, type="Map")
        SubElement(one, "Option", name="active", type="bool", value="true")
        SubElement(one, "Option", name="expression", type="QString", value=expression)
        SubElement(one, "Option", name="type", type="int", value=EXPRESSION_PROPERTY)
    SubElement(options, "Option", name="type", type="QString", value="collection")
    element.append(options)
    return element


class SymbolLayer(NamedTuple):
    """
    One layer of a symbol.

    Attributes
    ----------
    kind
        Its class in QGIS, such as ``SimpleMarker``.
    values
        Its properties; colors as ``#rrggbb``, lengths in millimeters.
    expressions
        What expressions give instead, by the name of the property.
    """

    kind: str
    values: Mapping[str, str]
    expressions: Mapping[str, str] = {}


class MapSymbol(NamedTuple):
    """
    A symbol: layers of one type, from below.

    Attributes
    ----------
    type
        ``line`` or ``marker``.
    layers
        What it is drawn of.
    at
        For markers on lines: the expression of the point they stand at.
    """

    type: str
    layers: tuple[SymbolLayer, ...]
    at: str = ""


class StyleRule(NamedTuple):
    """
    What a filter shows, and how.

    Attributes
    ----------
    label
        What the legend says.
    filter
        The expression that a row fulfills; empty for all, ``ELSE`` for the rest.
    symbol
        How it is drawn; none where only its children are.
    scale
        The denominator of the smallest scale at which it is drawn; 0 for all.
    children
        Rules within it.
    """

    label: str
    filter: str = ""
    symbol: MapSymbol | None = None
    scale: int = 0
    children: tuple[StyleRule, ...] = ()


class LabelStyle(NamedTuple):
    """
    What is written beside rows.

    Attributes
    ----------
    expression
        The text.
    scale
        The denominator of the smallest scale at which it is written.
    size
        In points.
    color
        Of the text.
    along
        Whether it follows lines, once for each run of them; else it stands beside a point.
    at
        For rows that are lines: the expression of the point it stands beside.
    """

    expression: str
    scale: int
    size: float
    color: str
    halo: str
    along: bool = False
    at: str = ""


def write_symbol(symbol: MapSymbol, name: str) -> Element:
    """Return a symbol under the name by which a rule has it."""
    if not symbol.at:
        return _write_layers(symbol.type, symbol.layers, name)
    element = _make_symbol("line", name)
    layer = SubElement(element, "layer", _describe_layer("GeometryGenerator"))
    layer.append(write_options({"SymbolType": "Marker", "geometryModifier": symbol.at}))
    layer.append(write_properties("data_defined_properties", {}))
    layer.append(_write_layers(symbol.type, symbol.layers, f"@{name}@0"))
    return element


def _make_symbol(kind: str, name: str) -> Element:
    element = Element("symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    element.append(write_properties("data_defined_properties", {}))
    return element


def _describe_layer(kind: str) -> dict[str, str]:
    return {"class": kind, "enabled": "1", "locked": "0", "pass": "0"}


def _write_layers(kind: str, layers: Sequence[SymbolLayer], name: str) -> Element:
    element = _make_symbol(kind, name)
    for each in layers:
        layer = SubElement(element, "layer", _describe_layer(each.kind))
        values = {
            key: read_color(value) if value.startswith("#") else value
            for key, value in each.values.items()
        }
        layer.append(write_options(values))
        layer.append(write_properties("data_defined_properties", each.expressions))
    return element


def write_renderer(rules: Sequence[StyleRule]) -> Element:
    """Return a renderer of rules, with their symbols; the same rules are the same XML."""
    renderer = Element(
        "renderer-v2",
        type="RuleRenderer",
        symbollevels="0",
        referencescale="-1",
        forceraster="0",
        enableorderby="0",
    )
    root = SubElement(renderer, "rules", key=_make_key("rules"))
    symbols = SubElement(renderer, "symbols")
    for number, rule in enumerate(rules):
        _write_rule(rule, root, symbols, f"{number}")
    return renderer


def _write_rule(rule: StyleRule, parent: Element, symbols: Element, place: str) -> None:
    element = SubElement(parent, "rule", key=_make_key(place), label=rule.label)
    if rule.filter:
        element.set("filter", rule.filter)
    if rule.scale:
        element.set("scalemaxdenom", str(rule.scale))
        element.set("scalemindenom", "1")
    if rule.symbol is not None:
        name = str(len(symbols))
        element.set("symbol", name)
        symbols.append(write_symbol(rule.symbol, name))
    for number, child in enumerate(rule.children):
        _write_rule(child, element, symbols, f"{place}.{number}")


def _make_key(place: str) -> str:
    return f"{{{uuid5(NAMESPACE_URL, f'urn:gridtwin:rule:{place}')}}}"


def write_labeling(label: LabelStyle) -> Element:
    """Return the labels of a layer."""
    labeling = Element("labeling", type="simple")
    settings = SubElement(labeling, "settings", calloutType="simple")
    style = SubElement(
        settings,
        "text-style",
        fieldName=label.expression,
        isExpression="1",
        fontSize=f"{label.size:g}",
        fontSizeUnit="Point",
        textColor=read_color(label.color),
        textOpacity="1",
    )
    SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.7",
        bufferSizeUnits=MILLIMETERS,
        bufferColor=read_color(label.halo),
        bufferOpacity="1",
        bufferNoFill="1",
    )
    place = {
        "placement": ALONG_LINE if label.along else AROUND_POINT,
        "placementFlags": "10",
        "predefinedPositionOrder": "R,L,TR,BR,TL,BL,TSR,BSR",
        "offsetType": "1",
        "dist": "0.6",
        "distUnits": MILLIMETERS,
        "repeatDistance": "120" if label.along else "0",
        "repeatDistanceUnits": MILLIMETERS,
        "priority": "5",
        "geometryGeneratorEnabled": "1" if label.at else "0",
        "geometryGenerator": label.at,
        "geometryGeneratorType": "PointGeometry",
    }
    SubElement(settings, "placement", place)
    SubElement(
        settings,
        "rendering",
        drawLabels="1",
        scaleVisibility="1",
        scaleMin="0",
        scaleMax=str(label.scale),
        mergeLines="1" if label.along else "0",
        limitNumLabels="1",
        maxNumLabels=MOST_LABELS,
        obstacle="1",
        minFeatureSize="0",
    )
    settings.append(write_properties("dd_properties", {}))
    return labeling

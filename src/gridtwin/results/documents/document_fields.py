"""Say what fields of documents have in common: numbers with their bounds, times, GeoJSON."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Keywords:
    """
    Keywords of JSON Schema beside a type, for what a type of Python does not say.

    pydantic finds them by the name of the method; it need not be there.
    """

    def __init__(self, **keywords: object) -> None:
        self._keywords = keywords

    def __get_pydantic_json_schema__(
        self, core_schema: object, handler: "Callable[[object], dict[str, Any]]"
    ) -> dict[str, Any]:
        """Return the JSON Schema of the type with the keywords."""
        return handler(core_schema) | self._keywords


def one_of(words: "Iterable[str]") -> Keywords:
    """Return that a text is one of some words."""
    return Keywords(enum=list(words))


class Shape(TypedDict):
    """A JSON object that has the fields said and no others; what stands below a field tells it."""


Shape.__pydantic_config__ = {  # type: ignore[attr-defined]
    "extra": "forbid",
    "use_attribute_docstrings": True,
}

Count = Annotated[int, Keywords(minimum=0)]
FromOne = Annotated[int, Keywords(minimum=1)]
Amount = Annotated[float, Keywords(minimum=0)]
Share = Annotated[float, Keywords(minimum=0, maximum=1)]
Timestamp = Annotated[str, Keywords(format="date-time")]  # ISO 8601
Date = Annotated[str, Keywords(format="date")]
OwnValues = dict[str, str | float | bool | None]  # by column; null = not known


class GeoJsonGeometry(Shape):
    """A geometry of RFC 7946 in degrees, EPSG:4326."""

    type: Literal["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"]
    coordinates: list[Any]
    """positions (longitude, latitude), nested as the type says"""


Span = TypedDict("Span", {"from": Timestamp, "to": Timestamp})

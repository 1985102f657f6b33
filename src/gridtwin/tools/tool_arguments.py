"""Say once what the arguments mean that several tools take."""

from typing import Annotated, Literal

from annotated_types import Ge, Le, MaxLen, MinLen

from gridtwin.results.documents.document_fields import Keywords

MOST_ENTRIES = 500  # of each list, in one answer
LONGEST_ARGUMENT = 200
LONGEST_MOMENT = 40
LONGEST_POLYGON = 20_000


def tell(meaning: str, **more: object) -> Keywords:
    """Return what an argument means, as its JSON Schema says it."""
    return Keywords(description=meaning, **more)


Name = Annotated[str, MaxLen(LONGEST_ARGUMENT)]
Of = Annotated[Name, tell("mRID or name of an element; `find` gives it.", examples=["FUSE-12"])]
OfSeveral = Annotated[
    list[Name], MinLen(1), MaxLen(100), tell("mRIDs or names, all at once.", examples=[["LINE-7"]])
]
Feeder = Annotated[Name, tell("Only of this feeder, by mRID or name.")]
On = Annotated[Name, tell("Only on this feeder or substation, by mRID or name.")]
StateName = Annotated[Name, tell("`current`, `normal` (as designed), or a saved what-if.")]
Moment = Annotated[str, MaxLen(LONGEST_MOMENT)]
At = Annotated[Moment, tell("A past moment, ISO 8601 with zone; empty: now.")]
Start = Annotated[Moment, tell("Begin, ISO 8601 with zone.", examples=["2026-07-01T12:00:00Z"])]
End = Annotated[Moment, tell("End; empty: the latest there is.")]
Polygon = Annotated[
    str,
    MaxLen(LONGEST_POLYGON),
    tell("west,south,east,north, or WKT, or GeoJSON text.", examples=["-95.4,29.7,-95.3,29.8"]),
]
# Of nearly every tool: what these mean is said once, in the instructions of the server.
Detail = Literal["brief", "full"]
Limit = Annotated[int, Ge(0), Le(MOST_ENTRIES)]
Cursor = Annotated[str, MaxLen(80)]

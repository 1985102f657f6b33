"""Find things by a part of their id or name, addresses and places: ``/api/search``."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from gridtwin.api.answers import answer_request
from gridtwin.api.customer_access import ViewerNow
from gridtwin.api.grid import GridNow
from gridtwin.api.models import Document, Feature, Place
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.views.search_view import list_hits, locate_usage_point
from gridtwin.model.permissions import Permission
from gridtwin.publish.tiles.basemap_places import BasemapPlaces

router = APIRouter(prefix="/api", responses=RESPONSES, tags=["search"], route_class=DeclaredRoute)

Sought = Annotated[str, Query(max_length=200, examples=["1204 oak forst"])]
Most = Annotated[int, Query(ge=1, le=50)]


class Found(Document):
    """One thing found."""

    mrid: str = Field(description="Its id; behind its table where several share it: equipment:11.")
    name: str
    kind: str = Field(examples=["fuse", "usage_point", "feeder"])
    feeder: str | None
    substation: str | None
    at: Place | None
    feature: Feature | None = Field(description="Of a feeder, its head switch.")


class SearchAnswer(Document):
    """What was found, the best first."""

    results: list[Found]


class AddressAnswer(Document):
    """A building where power is delivered, or a street."""

    kind: Literal["address", "street"]
    address: str = Field(description="Of a street that of a building in its middle.")
    city: str
    zip: str
    service_points: int = Field(description="At the building, or along the street.")
    usage_point: str = Field(description="mRID; of several the first; empty: none of the network.")
    at: Place | None
    feature: Feature | None


class AddressesAnswer(Document):
    """Addresses that may be meant, the best first."""

    results: list[AddressAnswer]


class NamedPlaceAnswer(Document):
    """A town, a street or another place of the basemap."""

    name: str
    kind: str = Field(description="As the basemap calls it.", examples=["locality", "school"])
    at: Place


class PlacesAnswer(Document):
    """Places that may be meant, the best first."""

    ready: bool = Field(description="False: the names of the basemap are still read; ask again.")
    results: list[NamedPlaceAnswer]


@router.get(
    "/search",
    name="search",
    response_model=SearchAnswer,
    dependencies=[require(Permission.LOOK)],
)
def search_elements(
    request: Request,
    grid: GridNow,
    q: Annotated[str, Query(max_length=200, examples=["FUSE-12"])],
    limit: Most = 8,
) -> Response:
    """
    Find what an id or a name names: whole first, then by its beginning, then by a part.

    Where nothing is called so, what is near it in spelling: "fues-12".
    """
    hits = grid.names.search_names(q, limit) or grid.names.find_names(q, limit)
    records = list_hits(grid.read_situation(), grid.features, [hit.element for hit in hits])
    return answer_request(request, SearchAnswer(results=[Found(**each) for each in records]))


@router.get(
    "/search/addresses",
    response_model=AddressesAnswer,
    dependencies=[require(Permission.SEE_CUSTOMERS)],
)
def search_addresses(
    request: Request, grid: GridNow, viewer: ViewerNow, q: Sought, limit: Most = 5
) -> Response:
    """Find the addresses at which power is delivered, slips and all; who asked is noted."""
    found = grid.twin.customers.addresses.search(q, viewer, limit=limit)
    results = [
        AddressAnswer(
            **each._asdict(),
            **locate_usage_point(grid.network, grid.features, each.usage_point),
        )
        for each in found
    ]
    return answer_request(request, AddressesAnswer(results=results))


@router.get("/search/places", response_model=PlacesAnswer, dependencies=[require(Permission.LOOK)])
def search_places(request: Request, q: Sought, limit: Most = 5) -> Response:
    """Find towns, streets and other places by their names in the basemap, slips and all."""
    places: BasemapPlaces = request.app.state.places
    index = places.read_index()
    found = index.find_places(q, limit) if index else []
    results = [
        NamedPlaceAnswer(name=each.name, kind=each.kind, at=[each.longitude, each.latitude])
        for each in found
    ]
    return answer_request(request, PlacesAnswer(ready=index is not None, results=results))

"""The document of the outage map for the public: areas, counts in steps, and ends."""

from typing import Annotated, Literal, NotRequired

from gridtwin.results.documents.document_fields import Count, FromOne, Keywords, Shape, Timestamp
from gridtwin.results.documents.document_tags import DocumentTag


class PublicCount(Shape):
    """A count of customers: about so many, or fewer than so many; one of both."""

    about: NotRequired[Count]
    fewer_than: NotRequired[FromOne]


class PublicArea(Shape):
    """An area in which somebody is out."""

    id: Count
    """of its feature in the tiles"""
    name: str
    customers_served: Count
    """about so many"""
    customers_out: PublicCount
    restored_by: Timestamp | None
    """by when all of it is expected back for which an end is known; in UTC"""
    is_being_assessed: bool
    """for some or all of it no end is known yet"""
    cause: str
    """a word of a fixed list"""


class OutageMapDocument(Shape):
    """
    Outages as the public is told of them, by area.

    `outages.json` of `gridtwin publish outage-map`
    """

    schema: Literal[DocumentTag.OUTAGE_MAP]
    utility: str
    disclaimer: str
    updated_at: Timestamp
    every_s: FromOne
    """seconds until figures are written again"""
    tiles: str
    """the file of the areas, beside this one"""
    bounds: Annotated[list[float], Keywords(minItems=4, maxItems=4)]
    """west, south, east and north of all areas, degrees"""
    customers_served: Count
    """about so many, in the whole territory"""
    customers_out: PublicCount
    """in the whole territory, areas that are too small to be told of included"""
    areas: list[PublicArea]
    """by id"""

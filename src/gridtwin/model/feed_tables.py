"""
Declare the tables that feeds land in, and what a value of each column is.

The JSON Schemas in ``schemas/`` are made of these declarations; they are the contracts that rows
are held to. Text that is not given is empty; any other value that is not given is null.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from gridtwin.model.crews import CREW_STATUSES

FeedKind = Literal["text", "number", "whole", "time"]
FeedValue = str | float | int | None
FeedRow = tuple[FeedValue, ...]

QUALITIES = ("good", "entered", "estimated", "stale", "suspect", "invalid")
TRUSTED_QUALITY = "good"  # what alone moves a switch of the twin
SWITCH_STATUS = "switch_status"
ALL_POLES = "all"  # of a switch, whichever it has
ANALOG_KINDS = (
    *("current_a", "voltage_v", "active_power_w", "reactive_power_var"),
    *("frequency_hz", "temperature_c", "tap_position"),
)
EARLIEST_VALIDITY = "1900-01-01T00:00:00+00:00"  # valid_from of what was valid ever since
OPEN_PHASES_PATTERN = "^(all|(A|B|C|N|s1|s2)*)$"


@dataclass(frozen=True, slots=True)
class FeedColumn:
    """One column: its name, what its values are, and within which limits."""

    name: str
    kind: FeedKind
    meaning: str
    required: bool = False
    choices: tuple[str, ...] = ()
    pattern: str = ""  # of a text; null then where it is not given
    is_quarter: bool = False  # of a time: on a quarter of an hour
    longest: int = 256  # letters of a text
    least: float | None = None
    most: float | None = None
    is_personal: bool = False  # of a person: landed only where a map names it

    @property
    def is_nullable_text(self) -> bool:
        """Whether a text that is not given is null, since an empty one says something."""
        return self.kind == "text" and bool(self.pattern)


@dataclass(frozen=True, slots=True)
class FeedTable:
    """One table that feeds land in; its first columns are its key."""

    name: str
    title: str
    key_size: int
    columns: tuple[FeedColumn, ...]
    needs: tuple[tuple[tuple[str, ...], str], ...] = ()  # of a row of some kinds: a column
    is_series: bool = False  # values over time, kept with the readings: no row is ever deleted

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(column.name for column in self.columns)

    @property
    def key(self) -> tuple[str, ...]:
        """The names of the columns of its key."""
        return self.names[: self.key_size]


def _id(name: str, meaning: str) -> FeedColumn:
    return FeedColumn(name, "text", meaning, required=True, longest=128)


def _text(name: str, meaning: str, *, longest: int = 256) -> FeedColumn:
    return FeedColumn(name, "text", meaning, longest=longest)


def _personal(name: str, meaning: str) -> FeedColumn:
    return FeedColumn(name, "text", meaning, is_personal=True)


def _time(name: str, meaning: str, *, required: bool = False) -> FeedColumn:
    return FeedColumn(name, "time", meaning, required=required)


LON = FeedColumn("lon", "number", "Longitude, EPSG:4326", least=-180, most=180)
LAT = FeedColumn("lat", "number", "Latitude, EPSG:4326", least=-90, most=90)
VALID_FROM = _time("valid_from", "When the row began to hold; 1900 = ever since", required=True)
QUARTER = FeedColumn("time", "time", "End of the interval", required=True, is_quarter=True)
PRICE = FeedColumn(
    "price_usd_mwh", "number", "Real-time price of energy", least=-10_000, most=20_000
)
VALID_TO = _time("valid_to", "When it ceased to hold; null = it holds")

FEED_TABLES = {
    table.name: table
    for table in (
        FeedTable(
            "crews",
            "A crew and what it can do; nobody is named",
            1,
            (
                _id("mrid", "Crew"),
                FeedColumn("name", "text", "What it is called", required=True),
                _text("skills", "What it does, such as line, tree or substation, with commas"),
                FeedColumn(
                    "status", "text", "What it is doing", required=True, choices=CREW_STATUSES
                ),
                _text("vehicle", "Its vehicle"),
                _text("home", "Yard it sets out from"),
                FeedColumn("home_lon", "number", "Longitude of the yard", least=-180, most=180),
                FeedColumn("home_lat", "number", "Latitude of the yard", least=-90, most=90),
            ),
        ),
        FeedTable(
            "crew_positions",
            "Where a crew was last; what was before is not kept",
            1,
            (
                _id("crew", "Crew; the roster may not know it yet"),
                FeedColumn("lon", "number", LON.meaning, required=True, least=-180, most=180),
                FeedColumn("lat", "number", LAT.meaning, required=True, least=-90, most=90),
                _time("at", "When it was there", required=True),
                FeedColumn("accuracy_m", "number", "Radius in meters", least=0, most=1e7),
                FeedColumn(
                    "heading_deg", "number", "Degrees clockwise from north", least=0, most=360
                ),
            ),
        ),
        FeedTable(
            "premises",
            "A place that is supplied, over a time",
            2,
            (
                _id("premise", "Premise"),
                VALID_FROM,
                VALID_TO,
                _text("usage_point", "mRID of the usage point that supplies it", longest=128),
                _personal("address", "Street and number"),
                _personal("unit", "Apartment or suite"),
                _text("city", "City"),
                _text("postal_code", "Postal code", longest=32),
                _text("kind", "What it is, such as house, apartment or hospital", longest=64),
                LON,
                LAT,
            ),
        ),
        FeedTable(
            "parties",
            "A person or an organization, over a time",
            2,
            (
                _id("party", "Party"),
                VALID_FROM,
                VALID_TO,
                FeedColumn(
                    "kind",
                    "text",
                    "What it is",
                    required=True,
                    choices=("person", "organization"),
                ),
                _personal("name", "Name"),
                _personal("email", "Address of electronic mail"),
                _personal("phone", "Number of a telephone"),
                _text("language", "Language, such as en or es", longest=16),
            ),
        ),
        FeedTable(
            "accounts",
            "A contract of a party for the supply of a premise, over a time",
            2,
            (
                _id("account", "Account"),
                VALID_FROM,
                VALID_TO,
                _text("party", "Party that holds it", longest=128),
                _text("premise", "Premise that it is for", longest=128),
                _text("retailer", "Retailer that bills it", longest=128),
                _text("rate", "Tariff", longest=64),
                _text("status", "Such as active, final or pending", longest=64),
                _personal("needs", "What its holder depends on, such as life support"),
            ),
        ),
        FeedTable(
            "retailers",
            "A retailer of electricity, over a time",
            2,
            (
                _id("retailer", "Retailer"),
                VALID_FROM,
                VALID_TO,
                FeedColumn("name", "text", "What it is called", required=True),
                _text("code", "Number in the market, such as a D-U-N-S number", longest=64),
            ),
        ),
        FeedTable(
            "assets",
            "A physical asset: what stands where the model has an element",
            1,
            (
                _id("asset", "Asset"),
                _text("element", "mRID of the element of the model", longest=128),
                _text("kind", "What it is, such as pole or transformer", longest=64),
                _text("manufacturer", "Who made it"),
                _text("model", "What its maker calls it"),
                _text("serial_number", "Serial number", longest=128),
                _time("installed_at", "When it was installed"),
                _time("retired_at", "When it was taken away; null = it stands"),
                _text("condition", "Condition, in the words of the source", longest=64),
                LON,
                LAT,
            ),
        ),
        FeedTable(
            "work_orders",
            "A piece of work, planned or under way",
            1,
            (
                _id("work_order", "Work order"),
                _text("kind", "Such as repair, inspection or vegetation", longest=64),
                FeedColumn(
                    "status",
                    "text",
                    "How far it is",
                    required=True,
                    choices=(
                        "planned",
                        "released",
                        "assigned",
                        "in_progress",
                        "on_hold",
                        "completed",
                        "canceled",
                    ),
                ),
                _text("priority", "Priority, in the words of the source", longest=64),
                _text("element", "mRID of the element it is on", longest=128),
                _text("crew", "Crew that does it", longest=128),
                _text("outage", "Outage it belongs to", longest=128),
                _time("created_at", "When it was written"),
                _time("planned_start", "When it is to begin"),
                _time("planned_end", "When it is to end"),
                _time("started_at", "When it began"),
                _time("completed_at", "When it ended"),
                _text("description", "Words for people", longest=1024),
                LON,
                LAT,
            ),
        ),
        FeedTable(
            "oms_outages",
            "An outage as the outage management system has it",
            1,
            (
                _id("outage", "Outage, by the number of the OMS"),
                FeedColumn(
                    "status",
                    "text",
                    "How far it is",
                    required=True,
                    choices=(
                        "predicted",
                        "confirmed",
                        "partially_restored",
                        "restored",
                        "canceled",
                    ),
                ),
                _text("device", "mRID of the device that is open", longest=128),
                _text("cause", "Cause, in the words of the source"),
                _time("began_at", "When it began", required=True),
                _time("restored_at", "When the last customer was back"),
                _time("etr", "When supply is promised"),
                FeedColumn("customers_out", "whole", "Customers out now", least=0, most=1e8),
                _text("crew", "Crew that is on it", longest=128),
                LON,
                LAT,
            ),
        ),
        FeedTable(
            "measurements",
            "The latest value of a point of SCADA or ICCP, with its quality",
            3,
            (
                _id("element", "mRID of the element that it is of"),
                FeedColumn(
                    "kind",
                    "text",
                    "What is measured, with its unit",
                    required=True,
                    choices=(SWITCH_STATUS, *ANALOG_KINDS),
                ),
                _text("phases", "Phases that it is of; empty = all", longest=16),
                FeedColumn("value", "number", "Value of an analog point", least=-1e15, most=1e15),
                FeedColumn(
                    "open_phases",
                    "text",
                    "Poles of a switch that stand open: all, phases such as AB, or empty = closed",
                    pattern=OPEN_PHASES_PATTERN,
                    longest=16,
                ),
                FeedColumn(
                    "quality",
                    "text",
                    "How far it may be trusted",
                    required=True,
                    choices=QUALITIES,
                ),
                _time("at", "When it was measured, by the clock of the source", required=True),
                FeedColumn(
                    "stale_after_s",
                    "number",
                    "Seconds after which it counts as stale",
                    least=0,
                    most=1e9,
                ),
                _text("point", "Name of the point in the source", longest=128),
            ),
            needs=(((SWITCH_STATUS,), "open_phases"), (ANALOG_KINDS, "value")),
        ),
        FeedTable(
            "conditions",
            "Weather and price of one interval of 15 minutes",
            1,
            (
                QUARTER,
                FeedColumn("temperature_c", "number", "Air temperature", least=-90, most=60),
                PRICE,
            ),
            is_series=True,
        ),
        FeedTable(
            "zone_prices",
            "Price of a load zone in one interval of 15 minutes",
            2,
            (QUARTER, _id("load_zone", "Zone"), replace(PRICE, required=True)),
            is_series=True,
        ),
    )
}

"""Where the objects of a CIM model lie, and in which coordinate system."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

import gridtwin
from cim_models import FEEDER, document, read, rows, thing, told, write
from gridtwin.errors import CrsError

WGS = thing("CoordinateSystem", "wgs", CoordinateSystem__crsUrn="urn:ogc:def:crs:EPSG::4326",
            IdentifiedObject__name="EPSG 4236")  # fmt: skip


def place(of: str, *points: str, system: str = "wgs") -> str:
    """Return a Location of an object; its points are written from the last to the first."""
    found = [
        thing("Location", f"{of}.place", Location__PowerSystemResources=f"#{of}",
              **({"Location__CoordinateSystem": f"#{system}"} if system else {}))
    ]  # fmt: skip
    for number, point in reversed(list(enumerate(points, 1))):
        x, y = point.split()
        found.append(
            thing("PositionPoint", f"{of}.place.{number}", PositionPoint__Location=f"#{of}.place",
                  PositionPoint__sequenceNumber=str(number), PositionPoint__xPosition=x,
                  PositionPoint__yPosition=y)
        )  # fmt: skip
    return "\n".join(found)


def points(network: gridtwin.Network) -> dict[str, tuple[float, float]]:
    return {
        mrid: (round(point.x, 6), round(point.y, 6))
        for mrid, point in rows(network, "geometry", "nodes").items()
    }


def test_points_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    line = place("L", "7.0 50.0", "7.1 50.1", "7.1 50.2")
    network = read(tmp_path, *FEEDER, WGS, line, place("U", "7.15 50.2"))
    assert network.crs == "EPSG:4326"
    course = shapely.LineString([(7.0, 50.0), (7.1, 50.1), (7.1, 50.2)])
    assert rows(network, "geometry")["L"].equals(course)
    assert points(network) == {"n1": (7.0, 50.0), "n2": (7.0, 50.0), "n3": (7.1, 50.2)}
    assert rows(network, "geometry", "usage_points")["U"].equals(shapely.Point(7.15, 50.2))


def test_a_point_for_each_terminal_and_locations_named_by_equipment(tmp_path: Path) -> None:
    parts = place("B", "7.0 50.0", "7.1 50.0").replace("PowerSystemResources", "Nothing")
    named = thing("Breaker", "B", PowerSystemResource__Location="#B.place")
    assert points(read(tmp_path, *FEEDER, WGS, parts, named))["n2"] == (7.1, 50.0)


def test_a_single_point_places_what_nothing_else_does(tmp_path: Path) -> None:
    network = read(tmp_path, *FEEDER, WGS, place("L", "7 50", "8 50"), place("B", "6 50"))
    assert points(network) == {"n1": (6, 50), "n2": (7, 50), "n3": (8, 50)}


def test_several_systems_are_brought_to_one(tmp_path: Path) -> None:
    utm = thing("CoordinateSystem", "utm", CoordinateSystem__crsUrn="EPSG:32632")
    moved = place("B", "500000 5538630", system="utm")
    network = read(tmp_path, *FEEDER, WGS, utm, place("U", "9.5 50"), moved)
    assert points(network)["n1"] == pytest.approx((9.0, 50.0), abs=1e-4)
    assert points(network)["n3"] == (9.5, 50.0)


@pytest.mark.parametrize("urn", ["OpenDSSLocalBusCoordinates", ""])
def test_a_system_nobody_knows_needs_a_word(tmp_path: Path, urn: str) -> None:
    system = thing("CoordinateSystem", "x", CoordinateSystem__crsUrn=urn)
    parts = (*FEEDER, system, place("U", "400 250", system="x"))
    with pytest.raises(CrsError, match=r"Location U\.place .*--crs none"):
        read(tmp_path, *parts)
    network = read(tmp_path, *parts, crs="none")
    assert network.crs is None
    assert points(network)["n3"] == (400, 250)


def test_the_word_of_the_caller_is_stronger(tmp_path: Path) -> None:
    network = read(tmp_path, *FEEDER, WGS, place("U", "500000 5538630"), crs="EPSG:32632")
    assert points(network)["n3"] == pytest.approx((9.0, 50.0), abs=1e-4)


def test_a_diagram_is_no_place(tmp_path: Path) -> None:
    diagram = (
        thing("DiagramObject", "d", DiagramObject__IdentifiedObject="#U"),
        thing("DiagramObjectPoint", "p", DiagramObjectPoint__DiagramObject="#d",
              DiagramObjectPoint__xPosition="7", DiagramObjectPoint__yPosition="50"),
    )  # fmt: skip
    network = read(tmp_path, *FEEDER, *diagram)
    assert network.crs is None
    assert len(told(network, "no_places")) == 1


def test_positions_that_are_none_are_told(tmp_path: Path) -> None:
    odd = place("U", "7 fifty", "nan 50", "1e99 50", "8 50")
    network = read(tmp_path, *FEEDER, WGS, odd)
    assert points(network)["n3"] == (8, 50)
    assert len(told(network, "odd_value")) == 3


def test_a_substation_without_a_place_stands_at_its_first_node(tmp_path: Path) -> None:
    level = thing("VoltageLevel", "v", VoltageLevel__Substation="#sub")
    at = thing("ConnectivityNode", "n3", ConnectivityNode__ConnectivityNodeContainer="#v")
    network = read(
        tmp_path, *FEEDER, WGS, place("U", "7 50"), thing("Substation", "sub"), level, at
    )
    assert rows(network, "geometry", "substations")["sub"].equals(shapely.Point(7, 50))


def test_a_meter_may_have_a_place_of_its_own(tmp_path: Path) -> None:
    service = place("m.service", "7.5 50.5").replace("cim:Location ", "cim:ServiceLocation ")
    service = service.replace("</cim:Location>", "</cim:ServiceLocation>")
    meter = thing("UsagePoint", "m", UsagePoint__Equipments="#U",
                  UsagePoint__UsagePointLocation="#m.service.place")  # fmt: skip
    network = gridtwin.read(
        write(tmp_path, document(*FEEDER, WGS, place("L", "7 50", "8 50"), service, meter))
    )
    assert rows(network, "geometry", "usage_points")["m"].equals(shapely.Point(7.5, 50.5))

"""A CIM model is one network, however many files, editions and orders it comes in."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

import gridtwin
from cim_models import (
    CIM16,
    FEEDER,
    document,
    equipment,
    lost,
    nodes,
    pack,
    phases_of,
    read,
    rows,
    thing,
    told,
    write,
)

EQ = document(
    thing("FullModel", "eq", Model__profile="http://iec.ch/TC57/ns/CIM/CoreEquipment-EU/3.0"),
    *FEEDER,
    thing("BaseVoltage", "V", BaseVoltage__nominalVoltage="20"),
    thing("Breaker", "T", Switch__normalOpen="true"),
    *(
        thing(
            "Terminal", f"T.{at}", Terminal__ConductingEquipment="#T", Terminal__sequenceNumber=at
        )
        for at in "12"
    ),
)
TP = document(
    thing("Terminal", "T.1", Terminal__ConnectivityNode="#n2"),
    thing("Terminal", "T.2", Terminal__ConnectivityNode="#n3"),
)
SSH = document(
    thing("Breaker", "T", Switch__open="false"), thing("Breaker", "B", Switch__open="false")
)
PROFILES = {"eq.xml": EQ, "tp.xml": TP, "ssh.xml": SSH}


def test_a_feeder(tmp_path: Path) -> None:
    network = read(tmp_path, *FEEDER)
    assert rows(network, "kind") == {"B": "breaker", "L": "ac_line_segment"}
    assert rows(network, "phases") == {"B": "ABC", "L": "ABC"}
    assert rows(network, "length_m")["L"] == 100
    assert rows(network, "peak_w", "usage_points") == {"U": 1000}
    assert rows(network, "kind", "sources") == {"S": "substation"}
    assert lost(network, "B") == lost(network, "L") == {"U"}


@pytest.mark.parametrize("order", list(itertools.permutations(PROFILES)))
def test_profiles_are_merged_in_any_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    for number, name in enumerate(order):
        write(tmp_path, PROFILES[name], f"{number}_{name}")
    network = gridtwin.read(tmp_path)
    assert rows(network, "normal_open") == {"B": "", "L": "", "T": "ABC"}
    assert rows(network, "node_b")["T"] == "n3"
    assert told(network, "switched") == [
        "1 switches, T the first, stand otherwise than designed: the network is read as designed"
    ]


def test_zips_in_zips_and_folders_hold_the_same_model(tmp_path: Path) -> None:
    inner = pack(tmp_path / "inner.zip", {"eq.xml": EQ, "notes.txt": "none"}).read_bytes()
    pack(tmp_path / "all.zip", {"sub/inner.zip": inner, "tp.xml": TP, "ssh.xml": SSH})
    folder = tmp_path / "folder"
    write(folder, EQ, "a/eq.xml")
    pack(folder / "rest.zip", {"tp.xml": TP, "ssh.xml": SSH})
    for path in (tmp_path / "all.zip", folder):
        assert rows(gridtwin.read(path), "node_b") == {"B": "n2", "L": "n3", "T": "n3"}


@pytest.mark.parametrize(
    "namespace",
    [CIM16, "http://iec.ch/TC57/2012/CIM-schema-cim16#", "https://cim.ucaiug.io/ns#"],
)
def test_namespaces_of_every_edition(tmp_path: Path, namespace: str) -> None:
    network = gridtwin.read(write(tmp_path, document(*FEEDER, namespace=namespace)))
    assert lost(network, "L") == {"U"}
    assert told(network, "unknown_namespace") == []


def test_an_unknown_namespace_is_told_once(tmp_path: Path) -> None:
    network = gridtwin.read(write(tmp_path, document(*FEEDER, namespace="http://grid.example#")))
    assert lost(network, "L") == {"U"}
    assert len(told(network, "unknown_namespace")) == 1


@pytest.mark.parametrize(
    ("about", "resource"),
    [('rdf:ID="_{}"', "#_{}"), ('rdf:about="urn:uuid:{}"', "urn:uuid:{}"), ('rdf:ID="{}"', "#{}"),
     ('rdf:about="http://a.example/m#_{}"', "http://a.example/m#_{}")],
)  # fmt: skip
def test_ids_of_every_form_keep_their_case(tmp_path: Path, about: str, resource: str) -> None:
    text = document(*FEEDER)
    for name in ("S", "B", "L", "U", "n1", "n2", "n3"):
        text = text.replace(f'rdf:about="#_{name}"', about.format(f"{name}-aB"))
        text = text.replace(
            f'rdf:resource="#_{name}"', f'rdf:resource="{resource}"'.format(f"{name}-aB")
        )
    network = gridtwin.read(write(tmp_path, text))
    assert set(rows(network, "kind")) == {"B-aB", "L-aB"}
    assert lost(network, "L-aB") == {"U-aB"}


def test_the_long_form_of_rdf(tmp_path: Path) -> None:
    text = document(*FEEDER).replace("<cim:Breaker ", "<rdf:Description ")
    stated = '<rdf:type rdf:resource="http://iec.ch/TC57/CIM100#Breaker"/></rdf:Description>'
    network = gridtwin.read(write(tmp_path, text.replace("</cim:Breaker>", stated)))
    assert rows(network, "kind")["B"] == "breaker"


def test_units_of_exchanged_models(tmp_path: Path) -> None:
    full = thing("FullModel", "m", Model__profile="http://entsoe.eu/CIM/EquipmentCore/3/1")
    voltage = thing("BaseVoltage", "V", BaseVoltage__nominalVoltage="110")
    line = equipment("ACLineSegment", "X", "n3 n4", ConductingEquipment__BaseVoltage="#V",
                     Conductor__length="1.5")  # fmt: skip
    load = equipment("EnergyConsumer", "Y", "n4", EnergyConsumer__p="0.25")
    parts = (*FEEDER, nodes("n4"), voltage, line, load)
    network = read(tmp_path, full, *parts)
    assert rows(network, "length_m")["X"] == 1500
    assert rows(network, "peak_w", "usage_points")["Y"] == 250_000
    assert rows(network, "nominal_v", "nodes")["n4"] == 110_000
    network = read(tmp_path, *parts)  # as distribution files are: 110 V
    assert rows(network, "length_m")["X"] == 1.5
    assert rows(network, "nominal_v", "nodes")["n4"] == 110


def test_units_are_told_by_voltages_first(tmp_path: Path) -> None:
    line = equipment("ACLineSegment", "X", "n3 n1", ConductingEquipment__BaseVoltage="#V")
    for stated, volts in (("12470", 12_470), ("12.47", 12_470)):
        voltage = thing("BaseVoltage", "V", BaseVoltage__nominalVoltage=stated)
        network = read(tmp_path, *FEEDER, voltage, line)
        assert rows(network, "nominal_v", "nodes")["n3"] == pytest.approx(volts)


def test_topological_nodes_stand_in_only_where_no_other_was_merged(tmp_path: Path) -> None:
    text = document(*FEEDER).replace("ConnectivityNode", "TopologicalNode")
    assert lost(gridtwin.read(write(tmp_path, text)), "L") == {"U"}
    merged = (
        thing("TopologicalNode", "t"),
        thing("ConnectivityNode", "n1", ConnectivityNode__TopologicalNode="#t"),
        thing("ConnectivityNode", "n2", ConnectivityNode__TopologicalNode="#t"),
        thing("ACLineSegment", "X"),
        thing(
            "Terminal", "X.1", Terminal__ConductingEquipment="#X", Terminal__TopologicalNode="#t"
        ),
        thing(
            "Terminal", "X.2", Terminal__ConductingEquipment="#X", Terminal__ConnectivityNode="#n3"
        ),
    )
    network = read(tmp_path, *FEEDER, *merged)
    assert rows(network, "node_a")["X"] == "X.1"
    assert told(network, "terminal_without_node") == [
        "terminal X.1 of ACLineSegment X stands at no node: it ends there"
    ]
    assert lost(network, "B") == {"U"}


def test_terminals_of_old_files_carry_the_phases(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER,
        thing("Terminal", "L.1", Terminal__phases="~PhaseCode.AN"),
        thing("Terminal", "U.1", Terminal__phases="~PhaseCode.A"),
    )  # fmt: skip
    assert rows(network, "phases")["L"] == "AN"
    assert rows(network, "phases", "usage_points")["U"] == "A"


def test_customers(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER,
        equipment("EnergyConsumer", "many", "n3", EnergyConsumer__customerCount="7"),
        equipment("ConformLoad", "sum", "n3"),
        phases_of("EnergyConsumer", "sum", "AB", EnergyConsumerPhase__p="300"),
        equipment("EnergyConsumer", "off", "n3", Equipment__inService="false"),
        equipment("EnergyConsumer", "metered", "n3", EnergyConsumer__p="500"),
        thing("UsagePoint", "m1", UsagePoint__Equipments="#metered", IdentifiedObject__name="A-1"),
        thing("UsagePoint", "m2", UsagePoint__Equipments="#metered"),
    )  # fmt: skip
    customers = rows(network, "customers", "usage_points")
    assert customers == {"U": 1, "many": 7, "sum": 1, "off": 0, "m1": 1, "m2": 1}
    power = rows(network, "peak_w", "usage_points")
    assert (power["sum"], power["off"], power["m1"]) == (600, 0, 250)
    assert rows(network, "name", "usage_points")["m1"] == "A-1"
    assert lost(network, "L") == {"U", "many", "sum", "off", "m1", "m2"}


def test_what_supplies(tmp_path: Path) -> None:
    generator = equipment("EnergySource", "G", "n3", EnergySource__activePower="-2")
    machine = equipment("SynchronousMachine", "M", "n3", RotatingMachine__ratedS="50")
    network = read(tmp_path, *FEEDER, generator, machine)
    assert rows(network, "kind", "sources") == {"S": "substation", "G": "der", "M": "der"}
    grid = equipment("ExternalNetworkInjection", "E", "n3")
    network = read(tmp_path, *FEEDER, generator, machine, grid)
    kinds = rows(network, "kind", "sources")
    assert kinds == {"S": "der", "G": "der", "M": "der", "E": "substation"}


def test_a_model_without_supply_says_so_and_what_may_supply(tmp_path: Path) -> None:
    injection = equipment("EquivalentInjection", "E", "n1")
    parts = (*(part for part in FEEDER if "EnergySource" not in part), injection)
    network = read(tmp_path, *parts)
    assert "only EquivalentInjection" in told(network, "no_supply")[0]
    network = read(tmp_path, *parts, supplying=["EquivalentInjection"])
    assert lost(network, "L") == {"U"}
    with pytest.raises(gridtwin.GridtwinError, match="'Sun' is no class that feeds in"):
        read(tmp_path, *parts, supplying=["Sun"])


def test_supplying_is_said_of_cim_alone(tmp_path: Path) -> None:
    with pytest.raises(gridtwin.GridtwinError, match="only in CIM models"):
        gridtwin.read(tmp_path, format="csv", supplying=["EquivalentInjection"])


def test_a_missing_boundary_set_is_named(tmp_path: Path) -> None:
    full = thing("FullModel", "m", Model__profile="EQ", Model__DependentOn="#bd")
    line = equipment("ACLineSegment", "X", "n3 abroad", ConductingEquipment__BaseVoltage="#V")
    network = read(tmp_path, full, *FEEDER, line)
    assert told(network, "missing_model") == ["model bd is not among the files; EQ depend on it"]
    assert told(network, "dangling_reference") == [
        "terminal X.2 of ACLineSegment X stands at node abroad, which no file defines: a node is"
        " made for it",
        "BaseVoltage V is named and not defined: voltages there are not known",
    ]

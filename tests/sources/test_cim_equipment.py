"""What becomes of the equipment of a CIM model: classes, switches, phases, transformers."""

from __future__ import annotations

from pathlib import Path

import pytest

from cim_models import (
    FEEDER,
    ends_of,
    equipment,
    lost,
    nodes,
    phases_of,
    read,
    rows,
    tank,
    thing,
    told,
)


@pytest.mark.parametrize(
    ("kind", "becomes"),
    [
        ("Switch", "disconnector"),
        ("ProtectedSwitch", "breaker"),
        ("LoadBreakSwitch", "load_break_switch"),
        ("Fuse", "fuse"),
        ("Recloser", "recloser"),
        ("Sectionaliser", "sectionaliser"),
        ("Cut", "jumper"),
        ("Disconnector", "disconnector"),
        ("Jumper", "jumper"),
        ("SeriesCompensator", "series_reactor"),
    ],
)
def test_classes_that_join_two_nodes(tmp_path: Path, kind: str, becomes: str) -> None:
    load = equipment("EnergyConsumer", "V", "n4")
    network = read(tmp_path, *FEEDER, nodes("n4"), equipment(kind, "X", "n3 n4"), load)
    assert rows(network, "kind")["X"] == becomes
    assert lost(network, "X") == {"V"}


def test_a_ground_disconnector_never_conducts(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER, nodes("n4"),
        equipment("GroundDisconnector", "X", "n3 n4"), equipment("EnergyConsumer", "V", "n4"),
    )  # fmt: skip
    assert "X" not in rows(network, "kind")
    assert len(told(network, "grounding")) == 1
    assert lost(network, "L") == {"U"}


def test_an_unknown_class_with_two_terminals_conducts_and_is_told(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER, nodes("n4"), thing("TapChangerInfo", "known to nobody"),
        equipment("FutureLink", "X", "n3 n4"), equipment("EnergyConsumer", "V", "n4"),
    )  # fmt: skip
    assert lost(network, "X") == {"V"}
    assert told(network, "unknown_class") == [
        "FutureLink X is of a class gridtwin does not know: its two terminals are taken as joined"
    ]


def test_what_stands_at_one_node_is_passed_over(tmp_path: Path) -> None:
    network = read(tmp_path, *FEEDER, equipment("BusbarSection", "X", "n3"),
                   equipment("LinearShuntCompensator", "C", "n3"))  # fmt: skip
    assert set(rows(network, "kind")) == {"B", "L"}
    assert {notice.rule for notice in network.notices} == {"no_places"}


def test_terminals_too_few_and_too_many(tmp_path: Path) -> None:
    network = read(tmp_path, *FEEDER, equipment("ACLineSegment", "X", "n3"),
                   equipment("ACLineSegment", "Y", "n1 n2 n3"))  # fmt: skip
    assert told(network, "one_sided") == ["ACLineSegment X has 1 terminals, not two: left out"]
    assert told(network, "odd_terminals") == [
        "ACLineSegment Y has 3 terminals (n1, n2, n3): the first 2 count"
    ]
    assert rows(network, "node_b")["Y"] == "n2"


def test_the_order_of_terminals_is_their_sequence_number(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER, thing("ACLineSegment", "X"),
        *(thing("Terminal", f"X.{at}", Terminal__ConductingEquipment="#X",
                Terminal__ConnectivityNode=f"#{node}", ACDCTerminal__sequenceNumber=at)
          for at, node in (("2", "n3"), ("1", "n1"))),
    )  # fmt: skip
    assert (rows(network, "node_a")["X"], rows(network, "node_b")["X"]) == ("n1", "n3")


def test_how_switches_stand_by_design(tmp_path: Path) -> None:
    switches = {
        "closed": {"Switch__normalOpen": "false", "Switch__open": "true"},
        "opened": {"Switch__normalOpen": "true", "Switch__open": "false"},
        "as it stands": {"Switch__open": "true"},
        "unsaid": {},
    }
    parts = [equipment("Breaker", name, "n2 n3", **said) for name, said in switches.items()]
    network = read(tmp_path, *FEEDER, *parts)
    states = rows(network, "normal_open")
    assert [states[name] for name in switches] == ["", "ABC", "ABC", ""]


def test_poles_stand_as_they_say_else_as_the_switch(tmp_path: Path) -> None:
    def poles(switch: str, **said: str) -> str:
        return "\n".join(
            thing("SwitchPhase", f"{switch}_{letter}", SwitchPhase__Switch=f"#{switch}",
                  SwitchPhase__phaseSide1=f"~SinglePhaseKind.{letter}",
                  SwitchPhase__phaseSide2=f"~SinglePhaseKind.{letter}",
                  **({said[letter].partition("=")[0]: said[letter].partition("=")[2]}
                     if letter in said else {}))
            for letter in "AB"
        )  # fmt: skip

    network = read(
        tmp_path, *FEEDER,
        equipment("Fuse", "one", "n2 n3", Switch__normalOpen="false"),
        poles("one", A="SwitchPhase__normalOpen=true"),
        equipment("Fuse", "whole", "n2 n3", Switch__normalOpen="true"),
        poles("whole", B="SwitchPhase__normalOpen=false"),
        equipment("Fuse", "stands", "n2 n3"), poles("stands", A="SwitchPhase__closed=false"),
        equipment("Fuse", "both", "n2 n3", Switch__normalOpen="true"), poles("both"),
    )  # fmt: skip
    states = rows(network, "normal_open")
    assert [states[name] for name in ("one", "whole", "stands", "both")] == ["A", "A", "A", "AB"]
    assert rows(network, "phases")["one"] == "AB"


def test_a_transposition_is_told(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER, equipment("Jumper", "X", "n2 n3"),
        thing("SwitchPhase", "p", SwitchPhase__Switch="#X", SwitchPhase__phaseSide1="~K.A",
              SwitchPhase__phaseSide2="~K.C"),
    )  # fmt: skip
    assert rows(network, "phases")["X"] == "A"
    assert told(network, "phase_conflict") == ["Jumper X joins phase A to phase C: it counts as A"]


def test_a_disconnected_terminal_ends_there(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER, thing("Terminal", "L.2", ACDCTerminal__connected="false"),
        equipment("EnergySource", "G", "n3"),
        thing("Terminal", "G.1", ACDCTerminal__connected="false"),
    )  # fmt: skip
    assert rows(network, "node_b")["L"] == "L.2"
    assert rows(network, "in_service", "sources") == {"S": True, "G": False}
    assert lost(network, "B") == set()
    assert len(told(network, "disconnected_terminal")) == 2


def test_out_of_service(tmp_path: Path) -> None:
    for said in ("normallyInService", "inService"):
        line = thing("ACLineSegment", "L", **{f"Equipment__{said}": "false"})
        network = read(tmp_path, *FEEDER, line)
        assert rows(network, "in_service") == {"B": True, "L": False}


def test_phases_of_lines_keep_the_neutral_apart(tmp_path: Path) -> None:
    network = read(tmp_path, *FEEDER, phases_of("ACLineSegment", "L", "BN"),
                   phases_of("EnergyConsumer", "U", "12"))  # fmt: skip
    assert rows(network, "phases")["L"] == "BN"
    assert rows(network, "phases", "usage_points")["U"] == "s1s2"
    assert lost(network, "B") == {"U"}


def test_a_bank_of_three_tanks_is_one_row(tmp_path: Path) -> None:
    bank = [tank("T", f"t{at}", {1: (2 * at - 1, f"{letter}N"), 2: (2 * at, f"{letter}N")})
            for at, letter in enumerate("ABC", 1)]  # fmt: skip
    network = read(tmp_path, *FEEDER, nodes("n4"), *bank, equipment("EnergyConsumer", "V", "n4"),
                   equipment("PowerTransformer", "T", "n3 n4 n3 n4 n3 n4"))  # fmt: skip
    assert rows(network, "phases")["T"] == "ABC"
    assert rows(network, "kind")["T"] == "power_transformer"
    assert len(network.equipment) == 3
    assert lost(network, "T") == {"V"}


def test_an_open_delta_and_a_center_tap(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER, nodes("n4 n5"),
        equipment("PowerTransformer", "D", "n3 n4 n3 n4"),
        tank("D", "d1", {1: (1, "AB"), 2: (2, "AB")}),
        tank("D", "d2", {1: (3, "BC"), 2: (4, "BC")}),
        equipment("PowerTransformer", "C", "n3 n5 n5"),
        tank("C", "c1", {1: (1, "BN"), 2: (2, "s1N"), 3: (3, "Ns2")}),
        equipment("EnergyConsumer", "V", "n5"), phases_of("EnergyConsumer", "V", "12"),
    )  # fmt: skip
    assert rows(network, "phases") == {"B": "ABC", "L": "ABC", "D": "ABC", "C": "Bs1s2"}
    assert rows(network, "node_b")["C"] == "n5"
    assert lost(network, "C") == {"V"}


def test_three_windings_are_a_star(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER, nodes("n4 n5"), equipment("PowerTransformer", "T", "n3 n4 n5"),
        ends_of("T", 3), equipment("EnergyConsumer", "V", "n4"),
        equipment("EnergyConsumer", "W", "n5"),
    )  # fmt: skip
    assert lost(network, "T") == {"V", "W"}
    assert lost(network, "T#2") == {"V"}
    assert lost(network, "T#3") == {"W"}
    assert rows(network, "node_b")["T"] == "T#star"


def test_tanks_with_secondaries_of_their_own_are_one_outage(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER, nodes("n4 n5"), equipment("PowerTransformer", "T", "n3 n4 n3 n5"),
        tank("T", "t1", {1: (1, "AN"), 2: (2, "AN")}),
        tank("T", "t2", {1: (3, "BN"), 2: (4, "BN")}),
        equipment("EnergyConsumer", "V", "n4"), phases_of("EnergyConsumer", "V", "A"),
        equipment("EnergyConsumer", "W", "n5"), phases_of("EnergyConsumer", "W", "B"),
    )  # fmt: skip
    assert lost(network, "T") == {"V", "W"}
    assert lost(network, "T#2") == {"V"}


def test_a_tap_changer_between_equal_voltages_regulates(tmp_path: Path) -> None:
    def read_kind(second: str) -> str:
        network = read(
            tmp_path, *FEEDER, nodes("n4"), equipment("PowerTransformer", "T", "n3 n4"),
            thing("BaseVoltage", "V1", BaseVoltage__nominalVoltage="12470"),
            thing("BaseVoltage", "V2", BaseVoltage__nominalVoltage="4160"), ends_of("T", 2),
            thing("PowerTransformerEnd", "T_1", TransformerEnd__BaseVoltage="#V1"),
            thing("PowerTransformerEnd", "T_2", TransformerEnd__BaseVoltage=second),
            thing("RatioTapChanger", "R", RatioTapChanger__TransformerEnd="#T_2"),
        )  # fmt: skip
        assert rows(network, "nominal_v", "nodes")["n3"] == 12_470
        return str(rows(network, "kind")["T"])

    assert read_kind("#V1") == "voltage_regulator"
    assert read_kind("#V2") == "power_transformer"


def test_a_transformer_at_one_node_is_told(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER, equipment("PowerTransformer", "T", "n3 n3"), ends_of("T", 2),
        equipment("PowerTransformer", "X", "n3"), ends_of("X", 1),
    )  # fmt: skip
    assert rows(network, "node_b")["T"] == "n3"
    assert "X" not in rows(network, "kind")
    assert told(network, "one_sided") == [
        "PowerTransformer T stands at n3 alone: it joins nothing",
        "PowerTransformer X stands at n3 alone: left out",
    ]


def test_ratings_and_placement(tmp_path: Path) -> None:
    limits = [
        thing("CurrentLimit", name, CurrentLimit__value=value,
              OperationalLimit__OperationalLimitSet="#set")
        for name, value in (("normal", "300"), ("emergency", "400"))
    ]  # fmt: skip
    network = read(
        tmp_path, *FEEDER, *limits, thing("Breaker", "B", Switch__ratedCurrent="630"),
        thing("Terminal", "L.1", ACDCTerminal__OperationalLimitSet="#set"),
        thing("ACLineSegment", "L", ACLineSegment__WireSpacingInfo="#wires"),
        thing("WireSpacingInfo", "wires", WireSpacingInfo__isCable="true"),
    )  # fmt: skip
    assert rows(network, "rated_a") == {"B": 630, "L": 300}
    assert rows(network, "placement")["L"] == "underground"


def test_a_tap_within_a_line_is_told(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER, nodes("n4"), equipment("Clamp", "X", "n4", Clamp__ACLineSegment="#L")
    )
    assert "Clamp X stands within ACLineSegment L" in told(network, "tap_within_line")[0]


SUBSTATION = (
    thing("Substation", "sub", IdentifiedObject__name="North"),
    thing("Feeder", "F", IdentifiedObject__name="F-1", Feeder__NormalEnergizingSubstation="#sub"),
)


def put_in(container: str, *names: str) -> str:
    kinds = {"S": "EnergySource", "B": "Breaker", "L": "ACLineSegment", "U": "EnergyConsumer"}
    return "\n".join(
        thing(kinds[name], name, Equipment__EquipmentContainer=f"#{container}") for name in names
    )


def test_the_head_of_a_feeder_is_its_first_switch(tmp_path: Path) -> None:
    network = read(tmp_path, *FEEDER, *SUBSTATION, put_in("F", "S", "B", "L", "U"))
    assert rows(network, "head", "feeders") == {"F": "B"}
    assert rows(network, "substation", "feeders") == {"F": "sub"}
    assert rows(network, "substation", "sources") == {"S": "sub"}
    assert rows(network, "name", "substations") == {"sub": "North"}


def test_the_head_may_stand_before_the_feeder_or_be_recorded(tmp_path: Path) -> None:
    network = read(tmp_path, *FEEDER, *SUBSTATION, put_in("F", "L", "U"))
    assert rows(network, "head", "feeders") == {"F": "B"}
    head = thing("Feeder", "F", Feeder__NormalHeadTerminal="#L.1")
    network = read(tmp_path, *FEEDER, *SUBSTATION, head, put_in("F", "L", "U"))
    assert rows(network, "head", "feeders") == {"F": "L"}


def test_a_feeder_that_nothing_supplies_is_told(tmp_path: Path) -> None:
    parts = [part for part in FEEDER if 'Breaker rdf:about="#_B"' not in part]
    network = read(tmp_path, *parts, equipment("Breaker", "B", "n1 n2", Switch__normalOpen="true"),
                   *SUBSTATION, put_in("F", "L"))  # fmt: skip
    assert len(network.feeders) == 0
    assert len(told(network, "feeder_without_head")) == 1


def test_the_recorded_feeder_is_a_check(tmp_path: Path) -> None:
    second = (
        nodes("m2 m3"), equipment("Breaker", "B2", "n1 m2", Equipment__EquipmentContainer="#F2"),
        equipment("ACLineSegment", "L2", "m2 m3", Equipment__EquipmentContainer="#F2"),
        thing("Feeder", "F2"), put_in("F2", "U"), put_in("F", "B", "L"),
    )  # fmt: skip
    network = read(tmp_path, *FEEDER, *SUBSTATION, *second)
    assert rows(network, "head", "feeders") == {"F": "B", "F2": "B2"}
    assert told(network, "recorded_feeder") == [
        "EnergyConsumer U is recorded in feeder F2 and hangs on F: what is connected holds"
    ]


def test_containers_that_lie_in_themselves_are_told(tmp_path: Path) -> None:
    ring = (
        thing("Bay", "b", Bay__VoltageLevel="#v"),
        thing("VoltageLevel", "v", VoltageLevel__Substation="#b"),
        put_in("b", "S", "L"), put_in("gone", "U"),
    )  # fmt: skip
    network = read(tmp_path, *FEEDER, *ring)
    assert told(network, "container_cycle") == [
        "Bay b in VoltageLevel v lies in itself: nothing further up is read"
    ]
    assert told(network, "dangling_reference") == [
        "EnergyConsumer U lies in gone, which no file defines: taken as lying in none"
    ]

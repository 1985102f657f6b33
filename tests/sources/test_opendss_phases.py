"""Phases of an OpenDSS circuit are followed from its source, conductor by conductor."""

from pathlib import Path

from circuits import circuit, dark, equipment, read, rules, uses

TWIST = """
New Line.l1 bus1=src bus2=a
New Line.sw bus1=a bus2=a2 switch=y
New Line.relabel bus1=a2.1 bus2=b.2 phases=1
New Line.twist bus1=a2.1.2.3 bus2=t.2.3.1
New Line.back bus1=t.1.2.3 bus2=u.3.1.2
New Load.lb bus1=b.2 phases=1 kv=7.2
New Load.ta bus1=t.1 phases=1 kv=7.2
New Load.tb bus1=t.2 phases=1 kv=7.2
New Load.tc bus1=t.3 phases=1 kv=7.2
New Load.ua bus1=u.1 phases=1 kv=7.2
"""


def test_a_conductor_keeps_its_phase_where_lines_are_transposed(tmp_path: Path) -> None:
    network = read(tmp_path, circuit(TWIST, "Open Line.sw 1 1"))
    assert uses(network) == {
        "load.lb": "A",
        "load.ta": "C",
        "load.tb": "A",
        "load.tc": "B",
        "load.ua": "A",
    }
    assert equipment(network, "phases")["line.relabel"] == "A"
    assert equipment(network, "normal_open")["line.sw"] == "A"
    assert network.notices == ()


def test_a_second_circuit_on_higher_nodes_is_a_node_of_its_own(tmp_path: Path) -> None:
    body = """
    New Line.double bus1=src.1.2.3.1.2.3 bus2=p.1.2.3.4.5.6 phases=6
    New Line.one bus1=p.1.2.3 bus2=one
    New Line.two bus1=p.4.5.6 bus2=two switch=y
    New Load.one bus1=one kv=12.47
    New Load.two bus1=two.2 phases=1 kv=7.2
    New Load.pole bus1=p.6 phases=1 kv=7.2
    """
    network = read(tmp_path, circuit(body))
    assert equipment(network, "node_b")["line.double"] == "p"
    assert equipment(network, "node_b")["line.double#2"] == "p#2"
    assert equipment(network, "node_a")["line.two"] == "p#2"
    assert uses(network) == {"load.one": "ABC", "load.two": "B", "load.pole": "C"}
    assert uses(network, "node")["load.pole"] == "p#2"
    assert dark(network) == set()
    twice = read(tmp_path, circuit(body, "Open Line.two 1"))
    assert dark(twice) == {"load.two"}


def test_the_name_of_a_second_circuit_gives_way_to_a_bus_of_that_name(tmp_path: Path) -> None:
    body = """
    New Line.double bus1=src.1.2.3.1.2.3 bus2=p.1.2.3.4.5.6 phases=6
    New Line.two bus1=p.4.5.6 bus2=p#2
    New Load.x bus1=p#2 kv=12.47
    """
    network = read(tmp_path, circuit(body))
    assert equipment(network, "node_a")["line.two"] == "p#3"
    assert equipment(network, "node_b")["line.two"] == "p#2"


def test_a_series_winding_within_one_bus_joins_its_two_circuits(tmp_path: Path) -> None:
    body = """
    New Line.l1 bus1=src bus2=a.1.2.3
    New Transformer.ser windings=2 buses=(a.1.2.3 a.4.5.6) conns=(wye wye) kvs=(12.47 12.47)
    New Line.l2 bus1=a.4.5.6 bus2=b.1.2.3
    New Load.far bus1=b kv=12.47
    """
    network = read(tmp_path, circuit(body))
    ends = equipment(network, "node_a"), equipment(network, "node_b")
    assert [end["transformer.ser"] for end in ends] == ["a", "a#2"]
    assert dark(network) == set()


def test_an_open_switch_within_one_bus_parts_it(tmp_path: Path) -> None:
    body = """
    New Line.l1 bus1=src bus2=a.1.2.3
    New Line.brk bus1=a.1.2.3 bus2=a.4.5.6 switch=y
    New Line.l2 bus1=a.4.5.6 bus2=b
    New Load.far bus1=b kv=12.47
    New Load.near bus1=a kv=12.47
    """
    assert dark(read(tmp_path, circuit(body, "Open Line.brk 1"))) == {"load.far"}
    assert dark(read(tmp_path, circuit(body))) == set()


def test_autotransformers_of_three_voltages_at_one_bus_are_three_nodes(tmp_path: Path) -> None:
    body = """
    New Line.in bus1=src bus2=auto.1.2.3 switch=y
    New XfmrCode.auto phases=1 windings=3 xhl=13 xht=17 xlt=15
    ~ wdg=1 conn=wye kv=4.0 wdg=2 conn=wye kv=3.2 wdg=3 conn=delta kv=1.0
    New Transformer.ta xfmrcode=auto buses=[auto.1.4 auto.4.0 auto.7.8]
    New Transformer.tb xfmrcode=auto buses=[auto.2.5 auto.5.0 auto.8.9]
    New Transformer.tc xfmrcode=auto buses=[auto.3.6 auto.6.0 auto.9.7]
    New Line.low bus1=auto.4.5.6 bus2=low.1.2.3 switch=y
    New Line.tert bus1=auto.7.8.9 bus2=tert.1.2.3 switch=y
    New Load.low bus1=low kv=5.5
    New Load.tert bus1=tert kv=1
    """
    network = read(tmp_path, circuit(body))
    assert equipment(network, "node_a")["line.low"] == "auto#2"
    assert equipment(network, "node_a")["line.tert"] == "auto#3"
    assert uses(network) == {"load.low": "ABC", "load.tert": "ABC"}
    assert dark(network) == set()


def test_neutrals_carry_no_phase(tmp_path: Path) -> None:
    body = """
    New Line.l1 bus1=src.1.2.3 bus2=a.1.2.3
    New Line.l2 bus1=a.1.2.3.4 bus2=b.1.2.3.4 phases=4
    New Line.only bus1=b.4 bus2=c.4 phases=1
    New Reactor.ground phases=1 bus1=b.4 bus2=b.0 r=0.01 x=0
    New Capacitor.star phases=3 bus1=b.1.2.3 bus2=b.4.4.4 kvar=300 kv=12.47
    New Capacitor.one phases=1 bus1=b.1 bus2=b.4 kvar=100 kv=7.2
    New Load.w bus1=b.1.4 phases=1 kv=7.2
    New Load.n3 bus1=b.1.2.3.4 kv=12.47
    """
    network = read(tmp_path, circuit(body))
    assert equipment(network, "phases") == {"line.l1": "ABC", "line.l2": "ABC"}
    assert uses(network) == {"load.w": "A", "load.n3": "ABC"}


def test_a_shunt_to_ground_makes_no_neutral_of_a_second_circuit(tmp_path: Path) -> None:
    body = """
    New Line.double bus1=src.1.2.3.1.2.3 bus2=p.1.2.3.4.5.6 phases=6
    New Reactor.shunt phases=1 bus1=p.4 bus2=p.0 kvar=100 kv=7.2
    New Line.two bus1=p.4.5.6 bus2=two
    New Load.two bus1=two.1 phases=1 kv=7.2
    """
    network = read(tmp_path, circuit(body))
    assert uses(network) == {"load.two": "A"}
    assert equipment(network, "phases")["line.two"] == "ABC"


def test_legs_are_named_below_a_center_tap_whatever_phase_it_hangs_on(tmp_path: Path) -> None:
    body = """
    New Line.l1 bus1=src bus2=a
    New Line.twist bus1=a.1 bus2=b.3 phases=1
    New Transformer.t phases=1 windings=3 buses=(b.3 h.1.0 h.0.2) conns=(wye wye wye)
    ~ kvs=(7.2 0.12 0.12)
    New Line.svc bus1=h.1.2 bus2=m.2.1 phases=2
    New Load.one bus1=m.1 phases=1 kv=0.12
    New Load.both bus1=m.1.2 phases=1 kv=0.208
    """
    network = read(tmp_path, circuit(body))
    assert equipment(network, "phases")["transformer.t"] == "As1s2"
    assert equipment(network, "phases")["line.svc"] == "s1s2"
    assert uses(network) == {"load.one": "s2", "load.both": "s1s2"}


def test_an_explicit_middle_of_a_center_tap_is_a_neutral(tmp_path: Path) -> None:
    body = """
    New Transformer.t phases=1 windings=3 buses=(src.2 h.1.3 h.3.2) conns=(wye wye wye)
    ~ kvs=(7.2 0.12 0.12)
    New Line.svc bus1=h.1.2.3 bus2=m.1.2.3
    New Load.one bus1=m.1.3 phases=1 kv=0.12
    """
    network = read(tmp_path, circuit(body))
    assert equipment(network, "phases")["transformer.t"] == "Bs1s2"
    assert uses(network) == {"load.one": "s1"}


def test_two_phases_that_meet_on_one_conductor_are_told(tmp_path: Path) -> None:
    body = """
    New Line.l1 bus1=src bus2=a
    New Line.l2 bus1=src bus2=b
    New Line.wrong bus1=a.1 bus2=b.2 phases=1
    New Load.x bus1=b kv=12.47
    """
    network = read(tmp_path, circuit(body))
    (told,) = network.notices
    assert told.rule == "phase_conflict"
    assert "line.wrong joins phase A at a.1 to phase B at b.2" in told.evidence


def test_a_tie_between_rolled_phases_is_told_while_it_is_open(tmp_path: Path) -> None:
    body = """
    New Line.l1 bus1=src bus2=a
    New Line.l2 bus1=src bus2=b
    New Line.tie bus1=a.1.2.3 bus2=b.2.3.1 switch=y
    New Load.x bus1=b kv=12.47
    """
    assert rules(read(tmp_path, circuit(body, "Open Line.tie 1"))) == ["phase_conflict"]


def test_phases_of_a_part_without_any_source_are_its_node_numbers(tmp_path: Path) -> None:
    body = """
    New Line.l1 bus1=src bus2=a
    New Line.island bus1=x.2 bus2=y.3 phases=1
    New Load.x bus1=y.3 phases=1 kv=7.2
    New Load.near bus1=a kv=12.47
    """
    network = read(tmp_path, circuit(body))
    assert equipment(network, "phases")["line.island"] == "B"
    assert uses(network)["load.x"] == "B"


def test_a_source_on_higher_nodes_has_phases_too(tmp_path: Path) -> None:
    text = "New Circuit.t basekv=12.47 bus1=s.4.5.6\nNew Line.l bus1=s.4.5.6 bus2=a\n"
    network = read(tmp_path, text + "New Load.x bus1=a.2 phases=1 kv=7.2\n")
    assert uses(network) == {"load.x": "B"}
    assert list(network.sources["phases"]) == ["ABC"]

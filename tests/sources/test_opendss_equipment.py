"""What the elements of an OpenDSS circuit become: windings, devices, ties, other families."""

from pathlib import Path

import numpy as np
import pytest

import gridtwin
from circuits import circuit, dark, equipment, read, rules
from gridtwin.errors import InputError, SourceError

SWITCHED = """
New Line.l1 bus1=src bus2=a
New Line.sw bus1=a bus2=b switch=y
New Line.l3 bus1=b bus2=c
New Load.near bus1=a kv=12.47
New Load.far bus1=c kv=12.47
"""

TIE = """
New Line.l1 bus1=src bus2=a
New Line.sw1 bus1=a bus2=b switch=y
New Line.l3 bus1=b bus2=m
New Line.sw2 bus1=m bus2=c switch=y
New Line.sw3 bus1=src bus2=e switch=y
New Line.tie bus1=e bus2=c switch=y enabled=n
New Load.near bus1=a kv=12.47
New Load.far bus1=c kv=12.47
"""

CENTER_TAP = """
New Line.l1 bus1=src bus2=a
New Transformer.t1 phases=1 windings=3 buses=(a.1 h.1.0 h.0.2) conns=(wye wye wye)
~ kvs=(7.2 0.12 0.12)
New Load.house bus1=h.1 phases=1 kv=0.12
"""

# windings and devices


def test_an_open_winding_of_three_opens_no_other(tmp_path: Path) -> None:
    body = """
    New Transformer.t windings=3 buses=(src m l) conns=(wye wye delta) kvs=(12.47 4.16 0.48)
    New Load.mv bus1=m kv=4.16
    New Load.lv bus1=l kv=0.48 conn=delta
    """
    network = read(tmp_path, circuit(body, "Open Transformer.t 3"))
    opened = equipment(network, "normal_open")
    assert [opened[f"transformer.t{end}"] for end in ("", "#2", "#3")] == ["", "", "ABC"]
    assert dark(network) == {"load.lv"}


@pytest.mark.parametrize(
    ("device", "kind"), [("Fuse", "fuse"), ("Recloser", "recloser"), ("Relay", "breaker")]
)
def test_a_device_on_a_transformer_stands_before_it(tmp_path: Path, device: str, kind: str) -> None:
    more = f"New {device}.f1 MonitoredObj=Transformer.t1 MonitoredTerm=1\n"
    network = read(tmp_path, circuit(CENTER_TAP + more))
    name = f"{device.lower()}.f1"
    assert equipment(network, "kind")["transformer.t1"] == "power_transformer"
    assert equipment(network, "phases")["transformer.t1"] == "As1s2"
    assert equipment(network, "kind")[name] == kind
    assert equipment(network, "phases")[name] == "A"
    assert equipment(network, "node_a")[name] == "a"
    assert equipment(network, "node_b")[name] == equipment(network, "node_a")["transformer.t1"]
    blast = gridtwin.open(network).blast_radius("transformer.t1", scope="trip")
    assert blast.usage_points.tolist() == ["load.house"]


def test_a_switch_control_does_not_turn_a_transformer_into_a_switch(tmp_path: Path) -> None:
    more = "New SwtControl.s SwitchedObj=Transformer.t1 SwitchedTerm=1 Normal=Open State=Open\n"
    network = read(tmp_path, circuit(CENTER_TAP + more))
    assert equipment(network, "kind")["transformer.t1"] == "power_transformer"
    assert equipment(network, "normal_open")["swtcontrol.s"] == "A"
    assert equipment(network, "normal_open")["transformer.t1"] == ""
    assert dark(network) == {"load.house"}


def test_devices_on_lines_say_what_the_lines_are(tmp_path: Path) -> None:
    more = "New Fuse.f MonitoredObj=Line.l1\nNew Recloser.r MonitoredObj=Line.sw\n"
    network = read(tmp_path, circuit(SWITCHED + more))
    kinds = equipment(network, "kind")
    assert kinds == {"line.l1": "fuse", "line.sw": "recloser", "line.l3": "ac_line_segment"}


# controls

OPENING = [
    ("Normal=Open State=Open Action=Open", True),
    ("Normal=Open", True),
    ("Normal=closed State=open", True),
    ("Normal=closed", False),
    ("Normal=open State=closed", False),
]


@pytest.mark.parametrize(("how", "opens"), OPENING)
def test_a_switch_control_acts_as_in_the_engines_first_step(
    tmp_path: Path, how: str, opens: bool
) -> None:
    more = f"New SwtControl.s SwitchedObj=Line.sw SwitchedTerm=1 {how}\n"
    assert dark(read(tmp_path, circuit(SWITCHED + more))) == ({"load.far"} if opens else set())


def test_a_part_that_was_dead_has_no_voltage_made_up_for_it(tmp_path: Path) -> None:
    more = "New Recloser.r MonitoredObj=Line.sw Normal=open State=open\n"
    more += "New Transformer.t windings=2 buses=(c d) kvs=(12.47 0.48)\nNew Load.d bus1=d kv=0.48\n"
    network = read(tmp_path, circuit(SWITCHED + more))
    volts = dict(zip(network.nodes["mrid"], network.nodes["nominal_v"], strict=True))
    assert volts["b"] == volts["c"] == pytest.approx(12_470)
    assert np.isnan(volts["d"])


# what is disabled


def test_a_disabled_tie_is_an_open_switch_that_plans_may_close(tmp_path: Path) -> None:
    network = read(tmp_path, circuit(TIE))
    assert equipment(network, "normal_open")["line.tie"] == "ABC"
    assert equipment(network, "in_service")["line.tie"]
    assert rules(network) == ["disabled"]
    plan = gridtwin.open(network).restore("line.l3")
    closed = {step["mrid"]: step for step in plan.steps() if step["action"] == "close"}
    assert closed["line.tie"]["customers_restored"] == 1


@pytest.mark.parametrize("how", ["open", "out", "skip"])
def test_what_disabled_elements_are_can_be_said(tmp_path: Path, how: str) -> None:
    network = read(tmp_path, circuit(TIE), disabled=how, strict=True)
    in_service = equipment(network, "in_service")
    assert in_service.get("line.tie") == {"open": True, "out": False, "skip": None}[how]


def test_only_what_joins_two_supplied_parts_is_an_open_tie(tmp_path: Path) -> None:
    body = """
    New Line.l1 bus1=src bus2=a
    New Line.l2 bus1=a bus2=b
    New Line.loop bus1=src bus2=b enabled=no
    New Line.stub bus1=b bus2=beyond enabled=no
    New Transformer.spare windings=2 buses=(b lv) kvs=(12.47 0.48) enabled=no
    New Load.x bus1=b kv=12.47
    """
    network = read(tmp_path, circuit(body))
    in_service = equipment(network, "in_service")
    assert in_service["line.loop"]
    assert equipment(network, "normal_open")["line.loop"] == "ABC"
    assert not in_service["line.stub"]
    assert not in_service["transformer.spare"]


def test_disabled_loads_are_told_and_disabled_sources_are_out_of_service(tmp_path: Path) -> None:
    body = """
    New Line.l1 bus1=src bus2=a
    New Load.on bus1=a kv=12.47
    New Load.off bus1=a kv=12.47 enabled=no
    New Vsource.second bus1=a basekv=12.47 enabled=no
    New Generator.g bus1=a kv=12.47 enabled=no
    """
    network = read(tmp_path, circuit(body))
    assert list(network.usage_points["mrid"]) == ["load.on"]
    on = dict(zip(network.sources["mrid"], network.sources["in_service"], strict=True))
    assert on == {"vsource.source": True, "vsource.second": False, "generator.g": False}
    assert "load.off is disabled: left out" in [told.evidence for told in network.notices]


def test_what_disabled_elements_are_is_no_matter_of_other_formats(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text("mrid\n")
    with pytest.raises(InputError, match="only OpenDSS circuits have disabled elements"):
        gridtwin.read(tmp_path, disabled="out")
    with pytest.raises(SourceError, match="use open, out, skip"):
        read(tmp_path, circuit(TIE), disabled="gone")


# other families

BETWEEN = {
    "GICLine.g bus1=a bus2=b r=1": "gicline.g",
    "UPFC.u bus1=a.1 bus2=b.1 phases=1": "upfc.u",
    "Vsource.boost bus1=b bus2=a basekv=0.1": "vsource.boost#2",
    "Reactor.r bus1=a bus2=b x=0.5": "reactor.r",
    "Capacitor.c bus1=a bus2=b kvar=5000 kv=12.47": "capacitor.c",
    "AutoTrans.t windings=2 buses=(a b) kvs=(12.47 12.0)": "autotrans.t",
}


@pytest.mark.parametrize("written", BETWEEN)
def test_elements_of_two_terminals_join_them(tmp_path: Path, written: str) -> None:
    body = f"""
    New Line.l1 bus1=src bus2=a
    New {written}
    New Line.l2 bus1=b bus2=c
    New Load.far bus1=c.1 phases=1 kv=7.2
    """
    network = read(tmp_path, circuit(body))
    assert BETWEEN[written] in equipment(network, "kind")
    assert dark(network) == set()
    assert network.notices == ()


@pytest.mark.parametrize(
    "written", ["VSConverter.v bus1=a", "Isource.v bus1=a", "IndMach012.v bus1=a", "Fault.v bus1=a"]
)
def test_an_element_the_model_has_no_word_for_is_told_by_name(tmp_path: Path, written: str) -> None:
    body = f"New Line.l1 bus1=src bus2=a\nNew {written}\nNew Load.x bus1=a kv=12.47\n"
    (told,) = read(tmp_path, circuit(body)).notices
    assert told.rule == "unread_element"
    assert written.split(maxsplit=1)[0].lower() in told.evidence


def test_shunts_are_no_part_of_the_model_and_need_no_word(tmp_path: Path) -> None:
    body = """
    New Line.l1 bus1=src bus2=a
    New Capacitor.c bus1=a kvar=300 kv=12.47
    New Reactor.r bus1=a kvar=300 kv=12.47
    New Load.x bus1=a kv=12.47
    """
    network = read(tmp_path, circuit(body))
    assert set(equipment(network, "kind")) == {"line.l1"}
    assert network.notices == ()


def test_a_circuit_that_joins_nothing_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no line, switch or transformer"):
        read(tmp_path, circuit("New Load.x bus1=src kv=12.47"))

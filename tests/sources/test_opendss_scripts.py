"""An OpenDSS script is untrusted: it is read, and never let near the user's files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import gridtwin
from circuits import HEAD, TAIL, circuit, digest, equipment, read, rules, uses, write
from gridtwin.errors import SourceError
from gridtwin.model.network import Network
from gridtwin.model.schema import SCHEMA

PLAIN = "New Line.l1 bus1=src bus2=a\nNew Load.x bus1=a kv=12.47\n"

# what a script cannot do

WRITING = """
Solve
Export Voltages
EXPORT summary "{there}/export.csv"
exp volt
Sh volt
show currents
Save Circuit dir=saved
sav circuit dir="{there}/saved"
dump debug
du
Plot circuit
vis what=voltages element=line.l1
fileedit master.dss
fil master.dss
panel
DOScmd touch "{there}/shell"
dosc touch "{there}/shell"
CD "{there}"
alignfile file="{there}/victim.csv"
rephase startline=line.l1 scriptfilename="{there}/rephased.dss"
distribute kw=100 how=uniform file="{there}/distributed.dss"
Set datapath="{there}"
set data="{there}"
Set editor="{there}/evil"
Set demandinterval=true
Set recorder=yes
Set querylog=yes
Set showexport=yes casename=other
solve mode=yearly number=3
closedi
uuids "{there}/victim.csv"
export cim100 file="{there}/cim.xml"
New LoadShape.s npts=2 interval=1 mult=(1 2) action=dblsave
New LoadShape.s2 2 1 mult=(1 2) act=sngsave
LoadShape.s.action=dblsave
Edit LoadShape.s Action=DblSave
~ action=sngsave
New Monitor.m element=line.l1 action=save
New EnergyMeter.m line.l1 1
EnergyMeter.m.action=save
New Transformer.r windings=2 buses=(a r) kvs=(12.47 12.47)
New RegControl.c transformer=r winding=2 vreg=120 ptratio=60 debugtrace=yes
RegControl.c.debugtrace=yes
BatchEdit RegControl..* debug=y
New Generator.g bus1=a kv=12.47 usermodel="{there}/evil.so"
New Generator.h bus1=a kv=12.47
~ userm="{there}/evil.so"
var @cmd=Export
@cmd voltages
var @what=LoadShape.s
edit @what action=dblsave
"""


def test_reading_writes_nothing_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, there, home, here = (tmp_path / name for name in ("feeder", "there", "home", "here"))
    for each in (folder, there, home, here, folder / "sub"):
        each.mkdir()
    (there / "victim.csv").write_text("a, 1, 2\n")
    (folder / "sub" / "more.dss").write_text(WRITING.format(there=there))
    write(folder, circuit(PLAIN, f"{WRITING.format(there=there)}\nRedirect sub/more.dss"))
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    before = digest(tmp_path)
    for _ in range(2):
        network = gridtwin.read(folder / "master.dss", crs="none")
        assert digest(tmp_path) == before
        assert Path.cwd() == here
    assert set(equipment(network, "kind")) == {"line.l1", "transformer.r"}
    told = rules(network)
    assert "script_command" in told
    assert "user_library" in told


def test_a_folder_that_nobody_may_write_can_be_read(tmp_path: Path) -> None:
    write(tmp_path, circuit(PLAIN, "Solve\nExport voltages"))
    tmp_path.chmod(0o555)
    try:
        network = gridtwin.read(tmp_path / "master.dss", crs="none")
    finally:
        tmp_path.chmod(0o755)
    assert set(uses(network)) == {"load.x"}


def test_nothing_of_a_scripts_folder_is_run(tmp_path: Path) -> None:
    """A module of the name of a standard one lies beside the script, where the user works."""
    write(tmp_path, circuit(PLAIN))
    for name in ("json", "dss", "subprocess"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(7)")
    home = Path(gridtwin.__file__).parents[1]
    code = f"import sys; sys.path.append({str(home)!r})\nimport gridtwin\n"
    code += "print(len(gridtwin.read('master.dss', crs='none').usage_points))"
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "1", done.stderr


def test_an_engine_that_breaks_down_takes_nobody_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "gridtwin.sources.opendss_worker._START",
        "import os, sys; sys.stderr.write('--careful master.dss line 3\\n'); os.abort()",
    )
    with pytest.raises(SourceError, match=r"OpenDSS itself breaks down at master\.dss line 3"):
        read(tmp_path, circuit(PLAIN))


def test_meters_and_controls_that_break_the_engine_down_are_left_out(tmp_path: Path) -> None:
    more = "New Line.off bus1=a bus2=b enabled=no\nNew EnergyMeter.m Line.off 1\n~ action=clear\n"
    network = read(tmp_path, circuit(PLAIN + more))
    assert "engine_breakdown" in rules(network)
    assert "load.x" in uses(network)


# files a script names


def test_files_are_found_with_other_slashes_letters_and_without_a_suffix(tmp_path: Path) -> None:
    (tmp_path / "Sub Dir").mkdir()
    (tmp_path / "Sub Dir" / "Lines.dss").write_text("New Line.l1 bus1=src bus2=a\n")
    (tmp_path / "Loads.DSS").write_text("New Load.x bus1=a kv=12.47\n")
    body = 'Redirect "sub dir\\LINES.dss"\nredirect [Sub Dir\\..\\loads]\n'
    network = read(tmp_path, circuit(body))
    assert (set(equipment(network, "kind")), set(uses(network))) == ({"line.l1"}, {"load.x"})


def test_elements_know_the_script_that_makes_them(tmp_path: Path) -> None:
    (tmp_path / "lines.dss").write_text(
        "New Line.L1 bus1=src bus2=a\nNew Transformer.t buses=(a b c) phases=3 windings=3\n"
    )
    body = "Redirect lines.dss\nNew Load.x bus1=a kv=12.47\nNew EnergyMeter.m line.l1\n"
    data = read(tmp_path, circuit(body)).data
    files = {}
    for frame in SCHEMA:
        table = getattr(data, frame)
        assert table.origins is not None
        for row, mrid in enumerate(table.mrid.tolist()):
            files[mrid.decode()] = table.origins.show(table.mrid, row)[:2]
    assert files["line.l1"] == ("lines.dss", "line.l1")
    assert files["transformer.t#3"][0] == "lines.dss"
    assert {files[name][0] for name in ("load.x", "energymeter.m", "vsource.source", "src")} == {
        "master.dss"
    }


def test_a_file_that_two_match_in_other_letters_is_not_guessed(tmp_path: Path) -> None:
    for name in ("Lines.dss", "LINES.dss"):
        (tmp_path / name).write_text("New Line.l1 bus1=src bus2=a\n")
    with pytest.raises(SourceError, match=r"master.dss line 3: there is no file 'lines.dss'"):
        read(tmp_path, circuit("Redirect lines.dss\n"))


def test_a_script_that_is_not_there_is_refused_where_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"master.dss: master.dss line 4: there is no file 'Lo"):
        read(tmp_path, circuit("New Line.l1 bus1=src bus2=a\nRedirect Loads.dss"))


def test_a_compiled_script_leaves_the_reader_in_its_folder_and_a_redirected_one_does_not(
    tmp_path: Path,
) -> None:
    sub = tmp_path / "sub"
    sub.mkdir()
    (sub / "circuit.dss").write_text(circuit("New Line.l1 bus1=src bus2=a"))
    (sub / "loads.dss").write_text("New Load.x bus1=a kv=12.47")
    (tmp_path / "more.dss").write_text("Compile sub/circuit.dss\nRedirect loads.dss\n")
    network = read(tmp_path, "Redirect more.dss\nRedirect sub/loads.dss\n")
    assert rules(network) == ["duplicate_name"]


def test_scripts_that_call_each_other_for_ever_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="call each other more than 100 deep"):
        read(tmp_path, "Redirect master.dss")


def test_coordinates_are_read_from_the_file_named_or_beside(tmp_path: Path) -> None:
    (tmp_path / "Places.csv").write_bytes("müller, 3, 4\nsrc, 1, 2\n".encode("latin-1"))
    text = circuit("New Line.l1 bus1=src bus2=müller\nNew Load.x bus1=müller kv=12.47")
    network = read(tmp_path, text + "Solve\nBusCoords places.csv\n")
    places = dict(zip(network.nodes["mrid"], network.nodes["geometry"], strict=True))
    assert (places["müller"].x, places["müller"].y) == (3.0, 4.0)
    (tmp_path / "Places.csv").rename(tmp_path / "BusCoords.dat")
    network = read(tmp_path, text)
    places = dict(zip(network.nodes["mrid"], network.nodes["geometry"], strict=True))
    assert (places["src"].x, places["src"].y) == (1.0, 2.0)


# how a script is written

ENCODINGS = ["utf-8", "utf-8-sig", "latin-1", "utf-16"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_names_are_read_in_the_encodings_that_programs_write(tmp_path: Path, encoding: str) -> None:
    text = circuit("New Line.Straße bus1=src bus2=müller\nNew Load.peña bus1=müller kv=12.47")
    network = read(tmp_path, text.replace("\n", "\r\n").encode(encoding))
    assert set(equipment(network, "kind")) == {"line.straße"}
    assert set(uses(network)) == {"load.peña"}


def test_comments_blocks_continued_lines_and_quotes_are_the_engines(tmp_path: Path) -> None:
    body = """
/* New Line.gone bus1=src bus2=nowhere
New Load.gone bus1=nowhere */
New\t"Line.l 1"\tbus1=src ! bus2=elsewhere
~ bus2="bus one" // a comment
more switch=y
m length=2 units=km
Line.l 2.bus1=nonsense
New object=Load.x bus1='bus one' kv=12.47
Load.x.kW=25
"""
    network = read(tmp_path, circuit(body))
    assert equipment(network, "kind") == {"line.l 1": "load_break_switch"}
    assert equipment(network, "node_b") == {"line.l 1": "bus one"}
    assert equipment(network, "length_m") == {"line.l 1": 2000.0}
    assert uses(network, "peak_w") == {"load.x": 25_000.0}


def test_a_variable_stands_for_its_value(tmp_path: Path) -> None:
    (tmp_path / "loads.dss").write_text(PLAIN)
    network = read(tmp_path, circuit("var @file=loads.dss\nRedirect @file"))
    assert set(uses(network)) == {"load.x"}


# what the engine cannot take

PASSED_OVER = {
    "New Line.l2 bus1=a foo=7 bus2=b": ("opendss_error", 'Unknown parameter "foo"'),
    "New Line.l2 bus1=a linecode=missing bus2=b": ("opendss_error", "LineCode"),
    "New Line.l2 bus1=a r1=many bus2=b": ("opendss_error", "line.l2: r1=many"),
    "New Line.l1 bus1=src bus2=a": ("duplicate_name", "Line.l1 is there already"),
    "New Load.y bus1=a kv=12.47 yearly=nothing": ("opendss_error", "LoadShape"),
    "New LoadShape.s npts=2 csvfile=gone.csv": ("missing_file", "'gone.csv'"),
    "New LoadShape.s npts=2 mult=[file=gone.csv]": ("missing_file", "'gone.csv'"),
    "New InvControl.i derlist=[] frobnicate=x": ("unknown_property", "frobnicate"),
    "New Generator.g bus1=a kv=12.47 usermodel=x.dll": ("user_library", "'x.dll'"),
    "New Lime.l2 bus1=a bus2=b": ("opendss_error", 'Object Type "Lime" not found'),
    "Frobnicate line.l1": ("unknown_command", "'Frobnicate'"),
    "Set frobnicate=7": ("unknown_option", "'frobnicate'"),
    "Open Line.gone 1": ("opendss_error", "gone"),
}


@pytest.mark.parametrize("line", PASSED_OVER)
def test_what_loses_no_topology_is_passed_over_and_told_with_its_line(
    tmp_path: Path, line: str
) -> None:
    rule, words = PASSED_OVER[line]
    network = read(tmp_path, circuit(PLAIN + line))
    told = next(told for told in network.notices if told.rule == rule)
    assert told.evidence.startswith("master.dss line 5: ")
    assert words.casefold() in told.evidence.casefold()
    assert "load.x" in uses(network)
    if line.startswith("New Line.l2"):
        assert equipment(network, "node_b")["line.l2"] == "b", "its other properties hold"


def test_a_strict_reading_passes_nothing_over(tmp_path: Path) -> None:
    write(tmp_path, circuit(PLAIN + next(iter(PASSED_OVER))))
    with pytest.raises(SourceError, match="a strict reading refuses"):
        gridtwin.read(tmp_path / "master.dss", crs="none", strict=True)


def test_an_element_of_a_name_that_is_there_is_redefined_as_in_the_engine(tmp_path: Path) -> None:
    more = "New Line.l2 bus1=src bus2=b\nNew Load.x bus1=b kv=12.47\n"
    network = read(tmp_path, circuit(PLAIN + more))
    assert uses(network, "node") == {"load.x": "b"}


LOSING = [
    "New Line.l2 bus1=a bus2=b phases=two",
    "New Transformer.t windings=two buses=(a b)",
    "New Transformer.t windings=2 buses=(a b) conns=(wye foo)",
    "~ phases=x",
]


@pytest.mark.parametrize("line", LOSING)
def test_a_value_that_decides_what_is_connected_is_not_passed_over(
    tmp_path: Path, line: str
) -> None:
    with pytest.raises(SourceError, match=r"master.dss line 4: \w+\.\w+: (phases|windings|conns)="):
        read(tmp_path, circuit(f"New Line.l1 bus1=src bus2=a\n{line}"))


REFUSED = {
    "Redirect lines.dss": "there is no file 'lines.dss'",
    "New Line.l1 bus1=src bus2=a": "makes no circuit",
    circuit(PLAIN) + "New Circuit.second\n": "line 8: a second circuit",
    circuit(PLAIN) + "Disable Vsource.source\n": "no voltage source",
    "\0\1\2\3": "makes no circuit",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_script_that_is_no_circuit_is_refused_in_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match=REFUSED[text]):
        read(tmp_path, text)


def _same(one: Network, other: Network) -> bool:
    return str(one.equipment) == str(other.equipment)


def test_a_master_need_not_choose_voltages_nor_solve(tmp_path: Path) -> None:
    network = read(tmp_path, HEAD + PLAIN)
    assert network.nodes["nominal_v"].isna().all()
    whole = read(tmp_path, HEAD + PLAIN + TAIL + "Solve")
    assert _same(network, whole)
    assert not whole.nodes["nominal_v"].isna().any()


def test_two_elements_may_share_a_name_where_the_script_allows_it(tmp_path: Path) -> None:
    more = "Set allowduplicates=yes\nNew Line.l1 bus1=a bus2=b length=3 units=km\n"
    network = read(tmp_path, circuit(PLAIN + more))
    assert equipment(network, "node_b") == {"line.l1": "a", "line.l1#2": "b"}
    assert equipment(network, "length_m")["line.l1#2"] == 3000.0


def test_the_engine_is_not_loaded_into_the_caller(tmp_path: Path) -> None:
    loaded = {name for name in sys.modules if name.startswith("dss")}
    read(tmp_path, circuit(PLAIN))
    assert {name for name in sys.modules if name.startswith("dss")} == loaded
    assert os.environ.get("HOME") == os.path.expandvars("$HOME")

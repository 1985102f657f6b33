"""
Spoil the files of a source in many ways, and see that reading ends in a network or in words.

How many are tried is said here alone: a few in every run, more in the long tests, and ten thousand
of each kind where GRIDTWIN_EXHAUSTIVE is set (`make test-exhaustive`).
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

import gridtwin
from cim_models import FEEDER, document, ends_of, equipment, nodes, phases_of, tank, thing
from circuits import digest
from gridtwin.errors import GridtwinError
from gridtwin.model.network import Network
from mapped_sources import COLUMNS, street, write_source
from planning_models import write_cyme, write_glm
from small_tables import csv_folder, tables

EXHAUSTIVE = "GRIDTWIN_EXHAUSTIVE" in os.environ
FEW, MANY = 16, 10_000 if EXHAUSTIVE else 100
BATCH = 2_500  # inputs of one process
SECONDS_OF_PROCESSOR = 20  # of one input; each takes hundredths
BYTES_OF_MEMORY = 3 << 30  # of the process that reads them all
SAVED_OF = 25  # one in so many that are read is saved as a twin, too

each_count = pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.long)])

WORDS = (
    "", " ", "\0", "\ufeff", "\u2028", "ü水", "-", "-1", "0", "1e400", "nan", "inf", "9" * 5000,
    "0x10", "1,5", "true", "NULL", "NONE", "None", "\r", "\x1b[31m", "../../etc/passwd", "%s%n",
    "/etc/passwd", "x" * 3000, '"', "'", "`", ";", ",", "\t", "\\", "{", "}", "[", "]", "<", ">",
    "&", "=", "#", "//", "/*", "*/", "ABC", "s1s2", "N", "7", "2147483648", "-9223372036854775809",
)  # fmt: skip
WORDS_OF_CIM = (
    "<!DOCTYPE x>", '<!DOCTYPE r [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]>', "&lt;", "&#0;", "]]>",
    '<!ENTITY x SYSTEM "file:///etc/passwd">', "<a>", "</a>", "/>", "#_n1", "#_L", "#_nobody",
    "ACLineSegment", "Breaker", "EnergySource", "<![CDATA[", "<?xml version='1.1'?>", "urn:uuid:",
    "rdf:about", "rdf:ID", "<cim:Terminal rdf:about='#_z'/>", "~", "PhaseCode.none",
)  # fmt: skip
WORDS_OF_GLM = (
    "object", "object node {", "};", "parent", "parent tm;", "from", "to n1;", "name n1;", "status",
    "OPEN;", "#include", '#include "feeder.glm"', '#include "/etc/passwd"', "#if", "#else",
    "#endif", "#define A=${A}${A}", "${A}", "${KV}", "#system x", "#for", "module", "schedule x {",
    "class", ":1..99", ":..9999999999", "phases ABCD;", "1+2j", "1e308e", "modify", "bustype",
)  # fmt: skip
WORDS_OF_CYME = (
    "[SECTION]", "[NODE]", "[SWITCH SETTING]", "[NOTHING]", "[SI]", "FORMAT_SECTION=SectionID",
    "FORMAT_X=", "FEEDER=", "FEEDER=F1", "SUBSTATION=Q", "S1", "N1", "S", "M", "L", "R", "ABC",
    ",,,,,,", '"a,b', "SectionID", "FromNodeID", "TIE", "DEFAULT", "F1,S",
)  # fmt: skip
WORDS_OF_MAPPING = (
    "[[layer]]", "[layer]", "from", "to", "equipment", "usage_points", "select", "1); drop",
    "'LINES'", "(select 1)", "repeat('x', 1000000000)", "range(1000000000)", "{ a = 1 }", "[]",
    "columns", "line", "point", "node_a", "PHASES", "NOPE", "''", "null", "1/0", "1979-05-27",
    "where = \"1 = 'a'\"", "key", "recorded_feeder", '"""', "inf", "phases('x', POS)", "#",
)  # fmt: skip
WORDS_OF_TABLES = (
    "POINT (1 2)", "POINT EMPTY", "LINESTRING (0 0)", "POLYGON ((0 0, 1 1, 0 0))", "mrid", "node_a",
    "breaker", "fuse", "RYB", "CIRCULARSTRING (0 0, 1 1, 2 0)", "2021-01-01", "=1+1", "a.1",
)  # fmt: skip


class FuzzedSource(NamedTuple):
    """A source that is spoilt."""

    write: Callable[[Path], Path]  # into a folder; what is to be read
    words: tuple[str, ...]
    suffix: str = ""  # of the files that are spoilt; all by default
    crs: str | None = None


def write_cim_model(folder: Path) -> Path:
    """Write a CIM model with a little of everything."""
    path = folder / "model.xml"
    path.write_text(
        document(
            thing("FullModel", "m", Model__profile="EQ", Model__DependentOn="#bd"),
            *FEEDER,
            nodes("n4 n5 n6", ConnectivityNode__ConnectivityNodeContainer="#v"),
            thing("VoltageLevel", "v", VoltageLevel__Substation="#sub"),
            thing("Substation", "sub"),
            thing("BaseVoltage", "V", BaseVoltage__nominalVoltage="12.47"),
            thing("Feeder", "F", Feeder__NormalEnergizingSubstation="#sub"),
            equipment("PowerTransformer", "C", "n3 n6 n6", Equipment__EquipmentContainer="#F"),
            tank("C", "c1", {1: (1, "BN"), 2: (2, "s1N"), 3: (3, "Ns2")}),
            equipment("PowerTransformer", "T", "n3 n4 n5"),
            ends_of("T", 3),
            phases_of("ACLineSegment", "L", "ABN"),
            phases_of("EnergyConsumer", "U", "A"),
            thing("CoordinateSystem", "w", CoordinateSystem__crsUrn="urn:ogc:def:crs:EPSG::4326"),
            thing("Location", "p", Location__PowerSystemResources="#L"),
            thing("PositionPoint", "p1", PositionPoint__Location="#p", PositionPoint__xPosition="1",
                  PositionPoint__yPosition="50", PositionPoint__sequenceNumber="1"),
        )
    )  # fmt: skip
    return path


def write_mapped_source(folder: Path) -> Path:
    """Write layers of a utility, and the mapping that reads them."""
    (folder / "utility.toml").write_text(COLUMNS)
    return write_source(folder / "utility.gpkg", street())


SOURCES = {
    "cim": FuzzedSource(write_cim_model, WORDS_OF_CIM, crs="none"),
    "glm": FuzzedSource(write_glm, WORDS_OF_GLM),
    "cyme": FuzzedSource(write_cyme, WORDS_OF_CYME, crs="none"),
    "mapping": FuzzedSource(write_mapped_source, WORDS_OF_MAPPING, ".toml"),
    "tables": FuzzedSource(lambda folder: csv_folder(tables(), folder), WORDS_OF_TABLES),
}


def spoil(content: bytes, words: tuple[str, ...], draw: Random) -> bytes:
    """Return a file with a few of its bytes, words or lines changed."""
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        content = draw.choice(WAYS)(content, words, draw)
    return content


def _flip_bits(content: bytes, _: tuple[str, ...], draw: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        if changed:
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _truncate(content: bytes, _: tuple[str, ...], draw: Random) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def _move_lines(content: bytes, _: tuple[str, ...], draw: Random) -> bytes:
    lines = content.split(b"\n")
    at, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    way = draw.randrange(4)
    if way == 0:
        del lines[at]
    elif way == 1:
        lines.insert(other, lines[at])
    elif way == 2:
        lines[at], lines[other] = lines[other], lines[at]
    else:
        lines[at : at + draw.randint(1, 9)] = []
    return b"\n".join(lines)


def _replace_word(content: bytes, words: tuple[str, ...], draw: Random) -> bytes:
    found = list(re.finditer(rb"[\w.#:-]+", content))
    if not found:
        return content
    here, there = draw.choice(found), draw.choice(found)
    new = there.group() if draw.random() < 0.4 else _choose_word(words, draw)
    return content[: here.start()] + new + content[here.end() :]


def _insert_word(content: bytes, words: tuple[str, ...], draw: Random) -> bytes:
    at = draw.randrange(len(content) + 1)
    return content[:at] + _choose_word(words, draw) + content[at:]


def _choose_word(words: tuple[str, ...], draw: Random) -> bytes:
    return draw.choice(draw.choice((WORDS, words))).encode("utf-8", "surrogatepass")


def _repeat_piece(content: bytes, words: tuple[str, ...], draw: Random) -> bytes:
    """Nest deep, or say the same very often."""
    at = draw.randrange(len(content) + 1)
    piece = content[at : at + draw.choice((1, 5, 40))]
    piece = piece if draw.random() < 0.5 else _choose_word(words, draw)[:200]
    return content[:at] + piece * draw.choice((2, 50, 2_000)) + content[at:]


def _write_otherwise(content: bytes, _: tuple[str, ...], draw: Random) -> bytes:
    text = content.decode("utf-8", "replace")
    coding = draw.choice(("utf-16", "utf-8-sig", "cp1252", "utf-32"))
    return text.encode(coding, "replace")


WAYS = (
    _flip_bits, _truncate, _move_lines, _move_lines, _replace_word, _replace_word, _replace_word,
    _insert_word, _insert_word, _repeat_piece, _write_otherwise,
)  # fmt: skip


class TooLongError(BaseException):
    """Reading one input took more of the processor than any may."""


def _stop(*_: object) -> None:
    raise TooLongError


def read_spoilt(form: str, seed: int, folder: Path, whole: dict[str, bytes], path: Path) -> str:
    """Return what came of one input: ``read``, ``refused``, or what went wrong."""
    source, draw = SOURCES[form], Random(f"{form} {seed}")
    for name, content in whole.items():
        (folder / name).write_bytes(content)
    name = draw.choice([name for name in sorted(whole) if name.endswith(source.suffix)])
    (folder / name).write_bytes(spoil(whole[name], source.words, draw))
    mapping = folder / "utility.toml" if form == "mapping" else None
    before = digest(folder)
    try:
        network = gridtwin.read(path, crs=source.crs, mapping=mapping)
    except GridtwinError as error:
        outcome = "refused" if "\n" not in str(error) else f"refused in lines: {error!r}"
    else:
        outcome = "read"
        if any("\n" in str(notice) for notice in network.notices):
            outcome = "told in lines"
        if seed % SAVED_OF == 0:
            outcome = save_network(network, folder.parent / "kept.twin", outcome)
    return outcome if digest(folder) == before else "changed its source"


def save_network(network: Network, place: Path, outcome: str) -> str:
    """Save what was read as a twin, which is whole or not there."""
    import shutil

    try:
        gridtwin.open(network).save(place)
    except GridtwinError:
        return "half written" if any(place.parent.glob("*kept*")) else outcome
    kept = len(gridtwin.open(place).network.equipment)
    shutil.rmtree(place)
    return outcome if kept == len(network.equipment) else "kept otherwise"


def main(form: str, folder: Path, first: int, last: int) -> None:
    """Read the inputs of some seeds under limits, and say of each what came of it."""
    resource.setrlimit(resource.RLIMIT_DATA, (BYTES_OF_MEMORY, BYTES_OF_MEMORY))
    signal.signal(signal.SIGPROF, _stop)
    path = SOURCES[form].write(folder)
    whole = {each.name: each.read_bytes() for each in folder.iterdir()}
    for seed in range(first, last):
        sys.stdout.write(f"{seed} ")
        sys.stdout.flush()
        signal.setitimer(signal.ITIMER_PROF, SECONDS_OF_PROCESSOR)
        try:
            outcome = read_spoilt(form, seed, folder, whole, path)
        except (Exception, TooLongError):  # noqa: BLE001 - whatever it is, it is told with its seed
            outcome = traceback.format_exc()[-1500:].replace("\n", "\\n")
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.write(f"{outcome}\n")


def find_outcomes(form: str, count: int, place: Path) -> dict[int, str]:
    """Return what came of each of so many inputs, read in processes of their own."""
    found: dict[int, str] = {}
    for first in range(0, count, BATCH):
        folder = place / f"{form}-{first}" / "source"
        folder.mkdir(parents=True)
        code = f"import sys; sys.path[:] = {sys.path!r}\nfrom pathlib import Path\nimport fuzzing\n"
        last = min(first + BATCH, count)
        code += f"fuzzing.main({form!r}, Path({str(folder)!r}), {first}, {last})"
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            cwd=folder.parent,
            env=os.environ | {"TMPDIR": str(folder.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line.partition(" ") for line in done.stdout.splitlines() if line]
        found |= {int(seed): rest for seed, _, rest in lines}
        assert len(found) == last, f"seed {max(found, default=-1)}: {done.stderr[-2000:]}"
        assert [each.name for each in folder.parent.iterdir()] == ["source"]
    return found

"""Mangle an OpenDSS script, and read what came of it, many times in one process."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from circuits import circuit
from gridtwin.errors import GridtwinError
from gridtwin.sources.opendss import build_network
from gridtwin.sources.opendss_elements import DssCircuit
from gridtwin.sources.opendss_worker import answer_master

WHOLE = circuit(
    """
    New LineCode.lc nphases=3 r1=0.3 x1=0.4 units=km
    New Line.l1 bus1=src.1.2.3 bus2=a.1.2.3 phases=3 linecode=lc length=1 units=km
    New Line.sw bus1=a.1.2.3 bus2=b.1.2.3 phases=3 switch=y
    New Line.double bus1=b.1.2.3.1.2.3 bus2=c.1.2.3.4.5.6 phases=6
    New Line.tap bus1=c.4 bus2=d.2 phases=1
    New Transformer.ct phases=1 windings=3 buses=(d.2 h.1.0 h.0.2) conns=(wye wye wye)
    ~ kvs=(7.2 0.12 0.12) kvas=(25 25 25)
    New Transformer.t windings=2 buses=(c.1.2.3 e) conns=(delta wye) kvs=(12.47 0.48)
    New RegControl.r transformer=t winding=2 vreg=120 ptratio=2
    New Fuse.f MonitoredObj=Transformer.ct MonitoredTerm=1
    New SwtControl.s SwitchedObj=Line.sw SwitchedTerm=1 Normal=closed
    New Reactor.g phases=1 bus1=e.4 bus2=e.0 r=1
    New Capacitor.cap bus1=c.1.2.3 kvar=300 kv=12.47
    New Generator.gen bus1=e kv=0.48 kw=10
    New LoadShape.ls npts=2 interval=1 mult=(0.5 1)
    New Load.one bus1=h.1 phases=1 kv=0.12 kw=1
    New Load.two bus1=e kv=0.48 kw=10 conn=delta daily=ls
    New EnergyMeter.m Line.l1 1
    Redirect more.dss
    """,
    "Open Line.sw 2 1\nSolve\nExport Voltages",
)
MORE = "New Line.tie bus1=a bus2=e2 enabled=no\nBatchEdit Load..* kw=2\n"
_WORDS = (
    "New Edit ~ Redirect Open Disable Set ? bus1= phases=0 phases=-1 .1.2.3 .9 .0 ( ) [ ] { } ' \""
    " = , ! // /* @x 1e99 nan 99999999999999999999 Line. Transformer. wdg=9 windings=4 UPFC."
    " enabled=no like=l1 xfmrcode= bus2=src Compile batchedit"
)


def mutate(text: str, draw: random.Random) -> bytes:
    """Return a script with a few places of it changed: bytes, words, lines."""
    lines = text.splitlines()
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(lines))
        how = draw.randrange(7)
        tokens = lines[at].split(" ")
        if how == 0:
            del lines[at]
        elif how == 1:
            lines.insert(draw.randrange(len(lines)), lines[at])
        elif how == 2:
            tokens[draw.randrange(len(tokens))] = draw.choice(_WORDS.split())
            lines[at] = " ".join(tokens)
        elif how == 3:
            tokens.insert(draw.randrange(len(tokens) + 1), draw.choice(_WORDS.split()))
            lines[at] = " ".join(tokens)
        elif how == 4:
            lines[at] = lines[at][: draw.randrange(len(lines[at]) + 1)]
        elif how == 5:
            cut = draw.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:cut] + chr(draw.randrange(1, 300)) + lines[at][cut:]
        else:
            other = draw.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        lines = lines or [""]
    return "\n".join(lines).encode(draw.choice(["utf-8", "utf-8", "utf-16"]))


def read_many(master: Path, first: int, last: int) -> None:
    """Read the scripts of some seeds, and say of each what came of it, one line a seed."""
    out = sys.stderr
    for seed in range(first, last):
        master.write_bytes(mutate(WHOLE, random.Random(seed)))
        out.write(f"{seed} ")
        out.flush()
        answer = json.loads(json.dumps(answer_master(master)))
        if "refused" in answer:
            assert "\n" not in answer["refused"], answer
            out.write("refused\n")
            continue
        try:
            build_network(
                DssCircuit.read_document(answer["circuit"]), crs="none", where=str(master)
            )
        except GridtwinError as error:
            words = str(error)
            out.write("refused\n" if "\n" not in words else "refused in many lines\n")
        else:
            out.write("read\n")

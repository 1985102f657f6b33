"""
Run the OpenDSS engine in a process and a folder of its own.

The engine is a large native library that a wrong value can bring down, and a script may ask it for
anything. So it never runs in the caller's process, and never in the caller's folders.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridtwin.errors import MissingExtraError, SourceError
from gridtwin.model.notices import Notice
from gridtwin.sources.opendss_elements import DssCircuit, read_circuit

if TYPE_CHECKING:
    from collections.abc import Callable

COORDINATE_FILES = ("*buscoord*", "*busxy*", "*bus_xy*")
CAREFUL = "--careful"  # say every line on the way, and leave out what only watches
_START = """
import json, sys
first, *last = json.loads(sys.argv.pop(1))
sys.path[:] = [first, *sys.path, *last]
from gridtwin.sources.opendss_worker import main
main()
"""


def compile_circuit(path: Path) -> tuple[DssCircuit, list[Notice]]:
    """
    Return the circuit of a master file, and what was passed over on the way.

    Parameters
    ----------
    path
        The file, as the user names it.

    Raises
    ------
    SourceError
        If the file cannot be read, makes no circuit, or brings the engine down.
    MissingExtraError
        If OpenDSS is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="gridtwin-dss-") as folder:
        done = again = _start_worker(path.resolve(), folder)
        if done.returncode:
            again = _start_worker(path.resolve(), folder, CAREFUL)
            if again.returncode:
                places = [line for line in again.stderr.splitlines() if line.startswith(CAREFUL)]
                near = f" at {places[-1].removeprefix(CAREFUL).strip()}" if places else ""
                msg = f"{path}: OpenDSS itself breaks down{near}: it cannot read this circuit"
                raise SourceError(msg)
    answer = json.loads(again.stdout)
    if answer.get("missing"):
        need = "reading OpenDSS files"
        raise MissingExtraError(need, "opendss")
    if "refused" in answer:
        msg = f"{path}: {answer['refused']}"
        raise SourceError(msg)
    notices = [Notice(*notice) for notice in answer["notices"]]
    if again is not done:
        what = "OpenDSS itself breaks down over meters or controls; they were left out"
        notices.append(Notice("engine_breakdown", what, "mend what they are set on"))
    return DssCircuit.read_document(answer["circuit"]), notices


def _start_worker(path: Path, folder: str, *options: str) -> subprocess.CompletedProcess[str]:
    # Our own package first, and what this process finds last: nothing of a script's folder.
    paths = json.dumps([str(Path(__file__).parents[2]), *filter(None, sys.path)])
    return subprocess.run(  # noqa: S603 - our own module, in our own interpreter
        [sys.executable, "-I", "-c", _START, paths, str(path), *options],
        cwd=folder,
        env=os.environ | {"HOME": folder, "TMPDIR": folder},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def answer_master(path: Path, trace: Callable[[str], None] | None = None) -> dict[str, Any]:
    """Return what the engine makes of a master file, as a document; the folder is the process's."""
    try:
        from dss import DSS
    except ImportError:
        return {"missing": True}
    from gridtwin.sources.opendss_script import DssScript

    engine = DSS.NewContext()
    engine.AllowForms = engine.AllowEditor = engine.AllowDOScmd = engine.AllowChangeDir = False
    engine.Error.EarlyAbort = engine.Error.UseExceptions = False
    script = DssScript(engine, trace)
    try:
        script.run(path)
        _complete_circuit(engine, script, path)
    except SourceError as error:
        return {"refused": str(error)}
    circuit = read_circuit(engine, script.dead)
    circuit.files = script.feed.files
    return {"circuit": circuit.document(), "notices": [list(told) for told in script.feed.notices]}


def _complete_circuit(engine: Any, script: Any, path: Path) -> None:
    """See that there is a circuit, with its buses and where they lie."""
    if not engine.NumCircuits:
        told = "; ".join(str(notice.evidence) for notice in script.feed.notices[:1])
        msg = "the file makes no circuit; it is cut short or is not a master file"
        raise SourceError(f"{msg} ({told})" if told else msg)
    script.feed.at = path.name
    script.feed.make_buses()
    circuit = engine.ActiveCircuit
    for bus in circuit.AllBusNames:
        circuit.SetActiveBus(bus)
        if circuit.ActiveBus.Coorddefined:
            return
    names = sorted(entry for entry in path.parent.iterdir() if entry.is_file())
    for pattern in COORDINATE_FILES:
        for entry in names:
            if Path(entry.name.lower()).match(pattern):
                script.read_coordinates(entry)
                return


def main() -> None:
    """Answer on standard output; what the engine itself says goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    path = Path(sys.argv[1])
    trace = _write_answer if CAREFUL in sys.argv[2:] else None
    json.dump(answer_master(path, trace), out)
    out.close()


def _write_answer(place: str) -> None:
    sys.stderr.write(f"{CAREFUL} {place}\n")
    sys.stderr.flush()

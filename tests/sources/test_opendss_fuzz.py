"""Whatever stands in an OpenDSS script, reading it ends in a network or in words."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from circuits import digest
from fuzzing import each_count
from gridtwin.errors import GridtwinError
from gridtwin.sources.opendss import read_opendss
from mangled import MORE, WHOLE, mutate

BATCH = 500
SEED = 20_261_130


def outcomes(master: Path, scratch: Path, first: int, last: int) -> dict[int, str]:
    """Return what came of every seed; one that brought the process down has nothing to say."""
    code = f"import sys; sys.path[:] = {sys.path!r}\nfrom pathlib import Path\nimport mangled\n"
    code += f"mangled.read_many(Path({str(master)!r}), {first}, {last})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=scratch, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    lines = [line.split() for line in done.stderr.splitlines() if line[:1].isdigit()]
    return {int(seed): rest[0] if rest in (["read"], ["refused"]) else "" for seed, *rest in lines}


@each_count
def test_a_mangled_script_is_a_network_or_an_error_in_words_and_writes_nothing(
    count: int, tmp_path: Path
) -> None:
    folder, scratch = tmp_path / "feeder", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    (folder / "more.dss").write_text(MORE)
    master = folder / "master.dss"
    master.touch()
    last = SEED + count
    found: dict[int, str] = {}
    while (first := max(found, default=SEED - 1) + 1) < last:
        found |= outcomes(master, scratch, first, min(first + BATCH, last))
        assert max(found) >= first
        assert set(digest(folder)) == {"master.dss", "more.dss"}
        assert (folder / "more.dss").read_text() == MORE
    words = []
    for seed in (seed for seed, outcome in found.items() if not outcome):
        master.write_bytes(mutate(WHOLE, random.Random(seed)))
        try:
            words += [str(notice) for notice in read_opendss(master, crs="none").notices]
        except GridtwinError as error:
            words.append(str(error))
    assert not any("\n" in told for told in words)
    assert {"read", "refused"} <= set(found.values())

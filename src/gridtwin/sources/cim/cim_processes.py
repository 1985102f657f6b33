"""
Parse the files of a large model in several processes, some files in each.

Parsing takes most of the time of reading, and needs nothing of another file. What a process makes
of one is merged here in the order of the files, so it does not matter which is done first.
"""

from __future__ import annotations

import gc
import io
import json
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.errors import SourceError
from gridtwin.sources.cim.cim_files import ARCHIVE_SUFFIX, XML_SUFFIXES, explain_read_faults
from gridtwin.sources.cim.cim_merging import CimModel

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALLEST_SHARED = 32 << 20  # bytes of all files: below, starting processes costs more than it saves
MOST_SHARED = 1_000  # files: a command line has its limits
LARGEST_SHARE = 64 << 20  # bytes that a process takes in before the next one does; or one file
_START_OF_CIM = """
import json, sys
first, *last = json.loads(sys.argv.pop(1))
sys.path[:] = [first, *sys.path, *last]
from gridtwin.sources.cim.cim_processes import main
main()
"""


def find_parallel_files(path: Path) -> list[Path]:
    """
    Return the files of a folder in the order of their names, if sharing them out pays.

    None where the folder holds a zip or another folder, is small, or one processor is all there is.
    """
    if not path.is_dir() or count_processors() < 2:
        return []
    entries = sorted(path.iterdir())
    files = [each for each in entries if each.suffix.casefold() in XML_SUFFIXES]
    if len(files) < 2 or any(
        each.is_dir() or each.suffix.casefold() == ARCHIVE_SUFFIX for each in entries
    ):
        return []
    large = sum(each.stat().st_size for each in files) >= SMALLEST_SHARED
    return files if large else []


def count_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def parse_files(files: list[Path]) -> Iterator[tuple[Path, CimModel]]:
    """
    Yield each file with what another process made of it, in their order.

    Raises
    ------
    SourceError
        If one of them is broken.
    """
    shares = share_out(files)
    with ThreadPoolExecutor(min(count_processors(), len(shares))) as pool:
        waiting = [pool.submit(_parse_elsewhere, share) for share in shares]
        try:
            for share in shares:
                yield from _read_answers(share, waiting.pop(0).result())
        finally:
            for each in waiting:
                each.cancel()


def share_out(files: list[Path]) -> list[list[Path]]:
    """Return the files in their order, in shares for one process each."""
    sizes = [file.stat().st_size for file in files]
    largest = min(LARGEST_SHARE, sum(sizes) // count_processors())
    shares: list[list[Path]] = []
    room = 0
    for file, size in zip(files, sizes, strict=True):
        if not shares or size > room or len(shares[-1]) == MOST_SHARED:
            shares.append([])
            room = largest
        shares[-1].append(file)
        room -= size
    return shares


def _parse_elsewhere(share: list[Path]) -> bytes:
    """Return what a process of its own answers about files; nothing where it breaks down."""
    # Our own package first, and what this process finds last: nothing of the model's folder.
    paths = json.dumps([str(Path(__file__).parents[3]), *filter(None, sys.path)])
    done = subprocess.run(  # noqa: S603 - our own module, in our own interpreter
        [sys.executable, "-I", "-c", _START_OF_CIM, paths, *map(str, share)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return b"" if done.returncode else done.stdout


def _read_answers(share: list[Path], content: bytes) -> Iterator[tuple[Path, CimModel]]:
    """Yield each file with what was made of it; where the process broke down, this one tries."""
    stream = io.BytesIO(content)
    for file in share:
        if not content:
            yield file, _parse_file(file)
            continue
        answer = pickle.load(stream)  # noqa: S301 - written by our own process
        if not isinstance(answer, CimModel):
            raise SourceError(answer)
        yield file, answer


def _parse_file(file: Path) -> CimModel:
    model = CimModel(str(file))
    with explain_read_faults(str(file)), file.open("rb") as stream:
        model.add_file(str(file), stream)
    model.forget_texts()
    return model


def main() -> None:
    """Write what is made of each file to standard output, or what is wrong with one at last."""
    gc.disable()  # there are no circles to be found, and looking takes a third of the time
    for name in sys.argv[1:]:
        try:
            answer: CimModel | str = _parse_file(Path(name))
        except SourceError as error:
            answer = str(error)
        pickle.dump(answer, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)
        if isinstance(answer, str):
            return

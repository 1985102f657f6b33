"""Threads that open a twin and filter at once do not spoil each other's parsing."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import gridtwin
from networks import two_feeders_with_a_tie


@pytest.fixture
def interrupted() -> Iterator[None]:
    """Let another thread go on at every few objects made, as a busy machine may at any."""

    def give_way(*_: object) -> None:
        time.sleep(0)

    before = gc.get_threshold()
    gc.callbacks.append(give_way)
    gc.set_threshold(5)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(give_way)


@pytest.mark.usefixtures("interrupted")
def test_every_thread_reads_the_twin_whole(tmp_path: Path) -> None:
    home = tmp_path / "small.twin"
    gridtwin.open(two_feeders_with_a_tie()).save(home)

    def list_downstream(_: int) -> tuple[str, ...]:
        twin = gridtwin.open(home)
        return tuple(twin.trace("downstream", "BKR1", where="kind == 'fuse'").elements)

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(list_downstream, range(8))) == {("FUSE",)}

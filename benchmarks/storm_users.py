"""
Let operators and the public watch a storm: `python -m benchmarks.storm_users [meters] [seconds]`.

A rehearsed storm operates a twin that is served to 200 maps; its outage map for the public is
written anew each minute and handed out as files to 2,000 people.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import gridtwin
from benchmarks.report import Limit, machine, publish, tables
from benchmarks.server import (
    PROGRAM,
    Connection,
    Follower,
    list_tile_paths,
    quantile,
    read_rss_mb,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.twin import Twin

METERS, SECONDS = 596_906, 600
MAPS, PEOPLE = 200, 2_000
MAP_ASKS_S = 5.0  # between two things that a map asks for
PERSON_ASKS_S = 60.0  # between two looks at the figures, as the page does
SETTLED_S = 120  # memory is held against what it was by then
FILES = "import sys, uvicorn; from starlette.staticfiles import StaticFiles; "
FILES += "uvicorn.run(StaticFiles(directory=sys.argv[1], html=True), port=int(sys.argv[2]),"
FILES += " log_level='warning')"


@dataclass
class Diary:
    """What a crowd of clients met."""

    times: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    async def ask(self, connection: Connection, path: str, *, text: str = "") -> bytes:
        """Ask for a path, and note how that went; a text has to be in the answer."""
        began = time.perf_counter()
        status, body = await connection.get(path)
        self.times.append(time.perf_counter() - began)
        if status not in {200, 204} or text.encode() not in body:
            self.errors[f"{status} {path.partition('?')[0]}"] += 1
        return body


def main() -> None:
    """Play the storm, and write down what those who watched it met."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else METERS
    lasts_s = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        path, public = f"{folder}/storm.twin", f"{folder}/public"
        twin = gridtwin.open(gridtwin.synthesize("houston", meters=meters, seed=1)).save(path)
        subprocess.run([PROGRAM, "tiles", "build", "--in", path], check=True)
        port, server = running.enter_context(serving(path))
        writer = running.enter_context(
            _running([PROGRAM, "publish", "outage-map", public, "--watch", "60", "--in", path])
        )
        files_port = _find_port()
        _wait_for(Path(public, "outages.json"))
        running.enter_context(_running([sys.executable, "-c", FILES, public, str(files_port)]))
        _wait_for_port(files_port)
        running.enter_context(_running([PROGRAM, "rehearse", "--in", path, "--speed", "20"]))
        limits = asyncio.run(
            watch_storm(twin, port, files_port, lasts_s, {"server": server, "writer": writer.pid})
        )
    head = f"{meters:,} meters, a rehearsed storm of {lasts_s / 60:.0f} minutes; {machine()},"
    head += f" clients and servers on the same two. {MAPS} maps follow what changes and ask every"
    head += f" {MAP_ASKS_S:.0f} s; {PEOPLE:,} people open the map for the public within a minute"
    head += " and look again every minute. The files are handed out by Starlette."
    publish("A storm that everybody watches", [head, "", *tables([], limits)])


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def _find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(file: Path) -> None:
    while not file.exists():
        time.sleep(0.1)


def _wait_for_port(port: int) -> None:
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)


async def watch_storm(
    twin: Twin, port: int, files_port: int, lasts_s: float, watched: dict[str, int]
) -> list[Limit]:
    """Let everybody watch, and return what they met and how memory grew."""
    ends = time.perf_counter() + lasts_s
    maps, people, asked = Diary(), Diary(), list_map_paths(twin)
    followers = [Follower() for _ in range(MAPS)]
    following = [asyncio.create_task(each.run(port)) for each in followers]
    crowd = [asyncio.create_task(_use_map(maps, port, asked, n, ends)) for n in range(MAPS)]
    crowd += [
        asyncio.create_task(_look_as_public(people, files_port, n, ends)) for n in range(PEOPLE)
    ]
    settled, last = dict[str, float](), dict[str, float]()
    began = time.perf_counter()
    while time.perf_counter() < ends:
        await asyncio.sleep(5)
        last = {name: read_rss_mb(pid) for name, pid in watched.items()}
        if time.perf_counter() - began <= SETTLED_S or not settled:
            settled = last
    failed = [each for each in await asyncio.gather(*crowd, return_exceptions=True) if each]
    ended = sum(task.done() for task in following)
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    heard = {len(each.times) for each in followers}
    print(f"memory {settled} -> {last}, events {heard}, {maps.errors}, {people.errors}", failed[:3])
    errors = maps.errors.total() + people.errors.total() + len(failed) + ended
    return [
        Limit(f"{len(maps.times) + len(people.times):,} requests, {min(heard):,} events to each"
              " map: errors", errors, 1, ""),
        Limit("maps that heard fewer events than others", len(heard) - 1, 1, ""),
        Limit("a map asks, median", quantile(maps.times, 0.5), 100, "ms"),
        Limit("a map asks, p99", quantile(maps.times, 0.99), 1_000, "ms"),
        Limit("a person's file, p99", quantile(people.times, 0.99), 1_000, "ms"),
        *(
            Limit(f"memory of the {name}, grown after {SETTLED_S / 60:.0f} minutes",
                  max(last[name] - settled[name], 0.0), 50, "MB")
            for name in watched
        ),
    ]  # fmt: skip


def list_map_paths(twin: Twin) -> list[str]:
    """Return what maps ask for: mostly tiles, then searches, traces, outages, the situation."""
    data, rng = twin.store.network.data, random.Random(4)
    tiles = list_tile_paths(twin)
    heads = [bytes(data.equipment.mrid[row]).decode() for row in data.feeders.head.tolist()]
    points = [bytes(each).decode() for each in data.usage_points.mrid[:1_000].tolist()]
    paths = []
    for tile in tiles:
        head, point = quote(rng.choice(heads)), quote(rng.choice(points))
        paths += [tile, tile, tile, f"/api/search?q={point}", "/api/outages", "/api/state",
                  f"/api/trace/downstream?of={head}"]  # fmt: skip
    return paths


async def _use_map(diary: Diary, port: int, paths: list[str], number: int, ends: float) -> None:
    rng = random.Random(number)
    connection = await Connection.to(port)
    await asyncio.sleep(rng.uniform(0, MAP_ASKS_S))
    while time.perf_counter() < ends:
        began = time.perf_counter()
        await diary.ask(connection, rng.choice(paths))
        await asyncio.sleep(max(0.0, began + MAP_ASKS_S - time.perf_counter()))
    connection.writer.close()


async def _look_as_public(diary: Diary, port: int, number: int, ends: float) -> None:
    """Open the page with all it loads, then look at the figures again and again."""
    await asyncio.sleep(random.Random(number).uniform(0, PERSON_ASKS_S))
    first = True
    while time.perf_counter() < ends:
        began = time.perf_counter()
        connection = await Connection.to(port)  # a person's browser keeps none for a minute
        if first:
            page = (await diary.ask(connection, "/", text="<html")).decode()
            for file in re.findall(r'(?:src|href)="\./(assets/[^"]+)"', page):
                await diary.ask(connection, f"/{file}")
        figures = json.loads(await diary.ask(connection, "/outages.json", text="customers_out"))
        if first:
            await diary.ask(connection, f"/{figures['tiles']}")
        connection.writer.close()
        first = False
        await asyncio.sleep(max(0.0, began + PERSON_ASKS_S - time.perf_counter()))


if __name__ == "__main__":
    main()

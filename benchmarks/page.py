"""Measure the page in a browser without a GPU: `python -m benchmarks.page [meters]`."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

import gridtwin
from benchmarks.report import Limit, machine, publish, tables

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from chromium import FLAGS, find_chromium
from served import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from gridtwin.twin import Twin
    from served import Served

ROUNDS = 5
CHANGED = 20_000
WAIT_S = 120.0
# Starts the clock when the event's text is read, stops it at the first frame drawn after its paint.
CLOCK = """n => {
  const parse = JSON.parse.bind(JSON);
  window.began = window.ended = 0;
  JSON.parse = (text, ...rest) => {
    if (!window.began && text.includes('"customers_out"')) window.began = performance.now();
    return parse(text, ...rest);
  };
  const seen = () => {
    const done = n > 0 ? gridtwin.count('supply') >= n : gridtwin.count('supply') === 0;
    if (!window.began || !done) return;
    window.ended = performance.now();
    JSON.parse = parse;
    gridtwin.map.off('render', seen);
  };
  gridtwin.map.on('render', seen);
}"""
TRACE = """head => {
  window.began = performance.now();
  window.ended = 0;
  const seen = () => {
    if (!gridtwin.count('mark')) return;
    window.ended = performance.now();
    gridtwin.map.off('render', seen);
  };
  gridtwin.map.on('render', seen);
  location.hash = location.hash.replace(/&trace=[^&]*/, '') + `&trace=downstream:${head}`;
}"""


def main() -> None:
    """Measure everything, and write the section of docs/benchmarks.md."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else 596_906
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "bench.twin"
        twin = gridtwin.open(gridtwin.synthesize("houston", meters=meters, seed=1)).save(home)
        _build_tiles(home)
        with serve(home) as served, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(find_chromium()), headless=True, args=list(FLAGS)
            )
            limits = _limits(browser, served, twin)
            load = os.getloadavg()[0]
            browser.close()
    head = f"{meters:,} meters; Chromium with software rendering at 1280 x 800; {machine()};"
    head += (
        f" medians of {ROUNDS}. Cold loads each have an empty cache. Browser, server and all else"
    )
    head += f" share the cores: the load average was {load:.0f} at the end."
    publish("The page", [head, "", *tables([], limits)])


def _build_tiles(home: Path) -> None:
    from typer.testing import CliRunner

    from gridtwin.cli.root_commands import app

    done = CliRunner().invoke(app, ["tiles", "build", "--in", str(home)])
    assert done.exit_code == 0, done.output


def _limits(browser: Browser, served: Served, twin: Twin) -> list[Limit]:
    loads = [_load(browser, served) for _ in range(ROUNDS)]
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(served.url)
    until(page, "window.gridtwin && window.gridtwin.idle")
    traces = [_trace(page, twin) for _ in range(ROUNDS)]
    page.goto(served.url)
    page.reload()
    until(page, "window.gridtwin && window.gridtwin.idle")
    changes = [_change(page, served, twin) for _ in range(ROUNDS)]
    page.evaluate("() => { location.hash = '#panel=outages' }")
    until(page, "!!document.querySelector('.outages-panel .figure')")
    outages = [_outage(page, twin) for _ in range(ROUNDS)]
    page.close()
    return [
        Limit("cold load to the idle map", median(load[0] for load in loads), 3.0, "s"),
        Limit("transferred until then", median(load[1] for load in loads) / 1e6, 1.5, "MB"),
        Limit(f"{CHANGED:,} elements lose supply: event to frame", median(changes), 500.0, "ms"),
        Limit("trace of a feeder head: asked to drawn", median(traces), 300.0, "ms"),
        Limit("outage opened elsewhere: written to listed", median(outages), 1000.0, "ms"),
    ]


def until(page: Page, expression: str, argument: object = None) -> None:
    """Wait until JavaScript answers yes; the page's policy forbids the driver's own waiting."""
    end = time.monotonic() + WAIT_S
    while not page.evaluate(expression, argument):
        assert time.monotonic() < end, f"never came true: {expression}"
        page.wait_for_timeout(10)


def _load(browser: Browser, served: Served) -> tuple[float, float]:
    """Return the seconds to the first idle, and the bytes until then."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    sizes: list[float] = []
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(served.url)
    until(page, "!!(window.gridtwin && window.gridtwin.firstIdle)")
    seconds = page.evaluate("window.gridtwin.firstIdle") / 1000
    total = sum(sizes)
    context.close()
    return seconds, total


def _clocked(page: Page) -> float:
    until(page, "window.ended > 0")
    return float(page.evaluate("window.ended - window.began"))


def _trace(page: Page, twin: Twin) -> float:
    heads = twin.network.feeders["head"].tolist()
    page.evaluate("() => { location.hash = location.hash.replace(/&trace=[^&]*/, '') }")
    until(page, "gridtwin.count('mark') === 0")
    page.evaluate(TRACE, heads[len(heads) // 2])
    return _clocked(page)


def _change(page: Page, served: Served, twin: Twin) -> float:
    """Open the heads of some feeders while the server sleeps: it tells of them in one event."""
    heads = _heads(twin)
    _operate(served, twin, heads, page, opened=True)
    spent = _clocked(page)
    _operate(served, twin, heads, page, opened=False)
    _clocked(page)
    page.wait_for_timeout(1000)
    return spent


def _operate(served: Served, twin: Twin, heads: list[str], page: Page, *, opened: bool) -> None:
    page.evaluate(CLOCK, CHANGED if opened else 0)
    served.process.send_signal(signal.SIGSTOP)
    try:
        for head in heads:
            twin.switch(head, open=opened)
    finally:
        served.process.send_signal(signal.SIGCONT)


def _heads(twin: Twin) -> list[str]:
    """Return feeder heads without which the wanted number of elements have no supply."""
    heads, found = [], 0
    for head in twin.network.feeders["head"].tolist():
        blast = twin.blast_radius(head, state="normal")
        heads.append(head)
        found += len(blast) + len(twin.trace("downstream", head, state="normal"))
        if found > 1.1 * CHANGED:
            break
    return heads


def _outage(page: Page, twin: Twin) -> float:
    sweep = twin.sweep(state="normal")
    fuse = str(sweep[sweep.kind == "fuse"].nlargest(1, "customers").mrid.iloc[0])
    outage = twin.outages.open(fuse, state="normal")
    start = time.perf_counter()
    until(page, "id => !!document.querySelector(`[data-outage='${id}']`)", outage.id)
    spent = time.perf_counter() - start
    twin.outages.restore(outage.id)
    with suppress(AssertionError):
        until(page, "id => !document.querySelector(`[data-outage='${id}']`)", outage.id)
    return spent * 1000


if __name__ == "__main__":
    main()

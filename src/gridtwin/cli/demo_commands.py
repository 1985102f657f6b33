"""Show the main job on a territory of 60,000 meters, and leave something to look at."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli.demo_picture import draw_storm
from gridtwin.cli.territory_ground import keep_ground
from gridtwin.errors import MissingExtraError

if TYPE_CHECKING:
    from gridtwin.model.network import Network
    from gridtwin.results.trace_result import BlastRadius
    from gridtwin.twin import Twin

REAL_GRID = "simbench:1-MVLV-urban-all-0-sw"
STORM_KM = 3.0


class _Stopwatch:
    """Print what was found, with the seconds it took."""

    def __init__(self) -> None:
        self.last = time.perf_counter()

    def say_time(self, words: str) -> None:
        now = time.perf_counter()
        sys.stdout.write(f"{now - self.last:7.2f} s  {words}\n")
        sys.stdout.flush()
        self.last = time.perf_counter()


def run_demo(
    out: Annotated[Path, typer.Option(help="Directory for what it leaves.")] = Path("demo-out"),
    meters: Annotated[int, typer.Option(min=200, help="How many meters.")] = 60_000,
    serve: Annotated[
        bool, typer.Option(envvar="DEMO_SERVE", help="Serve the map, with a storm, at the end.")
    ] = True,
) -> None:
    """
    Make a territory, ask it the main questions, leave a picture and a GeoPackage, serve the map.

    Example: gridtwin demo --out demo-out
    """
    import gridtwin
    from gridtwin.publish.gpkg import write_gpkg
    from gridtwin.sources.synthetic import lay_territory

    out.mkdir(parents=True, exist_ok=True)
    clock = _Stopwatch()
    laid = lay_territory("houston", meters=meters, seed=1)
    network = laid.network
    clock.say_time(f"made a territory like Houston: {network!r}")
    network, has_manuals = _equip_network(network, out, clock)
    twin = gridtwin.open(network).save(out / "houston.twin", overwrite=True)
    clock.say_time(f"saved it as {out / 'houston.twin'}")
    _ask_questions(twin, clock)
    if has_manuals:
        _ask_manuals(twin, clock)
    _follow_outage(twin, clock)
    _rank_trimming(twin, clock)
    storm = _break_storm(twin, clock)
    _draw_picture(twin, storm, out / "storm.png", clock)
    write_gpkg(twin.network, out / "houston.gpkg")
    clock.say_time(f"wrote {out / 'houston.gpkg'} for QGIS")
    _real_grid(clock)
    if serve:
        keep_ground(twin.store, laid)
        clock.say_time("drew its streets, water and buildings")
        _serve_demo(twin, out / "houston.twin", clock)


def _equip_network(network: Network, out: Path, clock: _Stopwatch) -> tuple[Network, bool]:
    """Return a network whose equipment has manuals; as it is where they cannot be written."""
    from gridtwin.cli.demo_manuals import add_corpus, equip_network

    corpus = out / "invented"
    try:
        network = equip_network(network, corpus)
        report = add_corpus(corpus, out / "houston.manuals")
    except MissingExtraError as error:
        sys.stdout.write(f"no manuals: {error}\n")
        return network, False
    known = report.added + report.unchanged
    clock.say_time(f"invented makers, models and {known:,} manuals of its equipment: {corpus}")
    return network, True


def _ask_manuals(twin: Twin, clock: _Stopwatch) -> None:
    """Ask the manual of one device how to work on it."""
    from gridtwin.cli.demo_manuals import QUESTION, ask_manuals

    equipment = twin.network.equipment
    recloser = str(equipment[equipment.kind == "recloser"].mrid.iloc[0])
    passage = ask_manuals(twin, recloser)
    if passage is not None:
        clock.say_time(f'asked the manual of {recloser} "{QUESTION}": {passage["cited"]}')


def _ask_questions(twin: Twin, clock: _Stopwatch) -> None:
    report = twin.check()
    found = ", ".join(f"{count:,} {rule}" for rule, count in report.counts.items()) or "nothing"
    clock.say_time(f"checked the data: {found}")
    sweep = twin.sweep().sort_values(["customers", "mrid"], ascending=[False, True])
    clock.say_time(f"failed each of {len(sweep):,} elements in turn; the worst:")
    for mrid, kind, customers, _ in sweep.head(5).itertuples(index=False, name=None):
        sys.stdout.write(f"{'':12}{mrid} ({kind}) darkens {customers:,} customers\n")
    recloser = sweep[sweep.kind == "recloser"].mrid.iloc[0]
    below = twin.trace("downstream", recloser)
    clock.say_time(f"{recloser} feeds {len(below):,} elements and {below.customers:,} customers")
    section = twin.trace("isolation", recloser)
    operate = section.elements[section.classes == "operate"]
    more = f" and {len(operate) - 4} more" if len(operate) > 4 else ""
    clock.say_time(f"to isolate it, open {', '.join(operate[:4])}{more}")
    clock.say_time(twin.explain(str(below.usage_points[0])).sentence)


def _follow_outage(twin: Twin, clock: _Stopwatch) -> None:
    """Follow one outage from the first report to the end."""
    from gridtwin.erm.job import ErmJob

    line = _find_trunk(twin)
    outage = twin.outages.open(line, cause="vegetation")
    clock.say_time(f"{line} is down: outage {outage.id}, {outage.customers:,} customers out")
    plan = twin.restore(outage.id, coincidence=0.5)
    clock.say_time(
        f"a plan of {len(plan)} switching steps brings back {plan.customers_restored:,} of"
        f" {plan.customers_at_start:,}:"
    )
    for step in plan.steps()[:6]:
        sys.stdout.write(f"{'':12}{step['done_min']:5.0f} min  {step['action']} {step['mrid']}\n")
    (estimate,) = ErmJob(twin).run("demo").estimates
    if estimate.etr and estimate.p50:
        clock.say_time(
            f"the last are promised back by {estimate.etr:%H:%M}Z, half of such by"
            f" {estimate.p50:%H:%M}Z ({estimate.model})"
        )
    twin.outages.restore(outage.id)
    twin.outages.close(outage.id)
    clock.say_time("everybody is back; the outage is closed")


def _rank_trimming(twin: Twin, clock: _Stopwatch) -> None:
    """Grow trees along the lines, and say where trimming them spares most."""
    from gridtwin.sources.synthetic.tree_groups import synthesize_vegetation

    trees = synthesize_vegetation(twin.store.network, seed=1)
    risk = twin.load_vegetation(trees, name="trees").risk
    clock.say_time(
        f"grew {len(trees):,} groups of trees: {len(risk):,} line sections with"
        f" {risk.length_in_risk_m / 1000:,.1f} km at risk; trim first:"
    )
    for row in risk.make_frame("section").head(3).to_dict("records"):
        sys.stdout.write(
            f"{'':12}behind {row['section']}: {row['length_in_risk_m']:,.0f} m,"
            f" {row['customers']:,} customers,"
            f" {row['customer_minutes_at_risk']:,.0f} customer-minutes a year\n"
        )


def _find_trunk(twin: Twin) -> str:
    """Return the line section behind a feeder head that most customers hang on."""
    sweep = twin.sweep().sort_values(["customers", "mrid"], ascending=[False, True])
    return str(sweep[sweep.kind == "ac_line_segment"].mrid.iloc[0])


def _break_storm(twin: Twin, clock: _Stopwatch) -> BlastRadius:
    import numpy as np
    import shapely

    xy = twin.store.network.data.usage_points.xy
    middle = shapely.Point(*np.median(xy, axis=0))
    area = middle.buffer(STORM_KM / 111.2)
    kinds = ("ac_line_segment",)
    storm = twin.storm(area, kinds=kinds)
    clock.say_time(
        f"a storm damages {len(storm.of):,} line sections: {storm.customers:,} customers out,"
        f" {storm.priority_customers} of them at priority sites, {len(storm.feeders)} feeders"
    )
    groups = twin.intersect(area, by="feeder")
    first = groups.iloc[0]
    most = f"{first['feeder']} ({first['count']:,})"
    clock.say_time(f"{groups['count'].sum():,} meters lie inside, most on {most}")
    return storm


def _draw_picture(twin: Twin, storm: BlastRadius, path: Path, clock: _Stopwatch) -> None:
    try:
        draw_storm(twin, storm, path)
    except MissingExtraError as error:
        sys.stdout.write(f"no picture: {error}\n")
    else:
        clock.say_time(f"drew {path}")


def _real_grid(clock: _Stopwatch) -> None:
    import gridtwin

    try:
        real = gridtwin.open(gridtwin.read(REAL_GRID))
    except MissingExtraError as error:
        sys.stdout.write(f"no real grid: {error}\n")
        return
    sweep = real.sweep()
    worst = sweep.sort_values(["customers", "mrid"], ascending=[False, True]).iloc[0]
    clock.say_time(f"loaded {REAL_GRID}: {real.store.network!r}")
    clock.say_time(
        f"its most critical element is {worst.mrid} ({worst.kind}): {worst.customers:,} customers"
    )


def _serve_demo(twin: Twin, home: Path, clock: _Stopwatch) -> None:
    from gridtwin.cli.demo_serve import serve_storms
    from gridtwin.publish.tiles.build_tiles import keep_tiles

    try:
        built, path = keep_tiles(twin.store)
        clock.say_time(f"made {built.tiles:,} tiles of the map: {path}")
        serve_storms(home)
    except MissingExtraError as error:
        sys.stdout.write(f"no map: {error}\n")

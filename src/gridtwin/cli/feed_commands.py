"""Take in changes of other systems, and look after what could not be used."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.ingest_commands import read_settings
from gridtwin.cli.live_commands import KAFKA, METRICS_S, stop_signals
from gridtwin.cli.logs import log_to_stderr
from gridtwin.cli.options import Csv, In, Json, open_twin
from gridtwin.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gridtwin.live.feed_following import FeedMetrics, FeedSourceReader
    from gridtwin.stream.feeds.feed_map import Feed

FILE = "file:"

feeds_app = typer.Typer(
    help="Changes of other systems: customers, work, crews, SCADA.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

MapFile = Annotated[
    Path, typer.Option("--map", metavar="FILE", help="What comes from where: a map of feeds.")
]


@feeds_app.command("run")
def run_feeds(
    source: Annotated[
        str, typer.Option(metavar="SOURCE", help="kafka://HOST:PORT,... or file:FOLDER.")
    ],
    map_file: MapFile,
    twin: In = "",
    setting: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Of the Kafka client, as for TLS; repeat it."),
    ] = None,
    until_end: Annotated[
        bool, typer.Option(help="Stop when all that was there is written.")
    ] = False,
    metrics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Leave figures for Prometheus there.")
    ] = None,
    log_json: Annotated[bool, typer.Option(help="Log one JSON object a line.")] = False,
    json: Json = False,
) -> None:
    """
    Keep tables of the twin equal to those of other systems, by their changes.

    Runs until interrupted; it may be killed anywhere and started again.

    Example: gridtwin feeds run --source kafka://broker:9092 --map feeds.toml --in houston.twin
    """
    from gridtwin.live.feed_following import follow_feeds
    from gridtwin.results.feed_answers import feed_run_document
    from gridtwin.stream.feeds.feed_map_file import read_feed_map

    log_to_stderr(json_lines=log_json)
    feeds, connect = _choose_source(source, read_feed_map(map_file), setting or [])
    done = follow_feeds(
        open_twin(twin).store, feeds, connect, stop_signals(), until_end=until_end,
        shown=_make_metrics_keeper(metrics),
    )  # fmt: skip
    if json:
        render.write_json(feed_run_document(done.name_counts()))
    else:
        render.write_facts("Feeds", done.name_counts())


def _choose_source(
    source: str, feeds: Sequence[Feed], settings: list[str]
) -> tuple[list[Feed], Callable[[], FeedSourceReader]]:
    """Return the feeds of a map that a source has, and what opens it."""
    if source.startswith(KAFKA):
        from gridtwin.stream.feeds.topic_source import TopicSource

        chosen = [feed for feed in feeds if feed.topic]
        topics = sorted({feed.topic for feed in chosen})
        brokers, given = source.removeprefix(KAFKA), read_settings(settings)
        what, connect = "topic", lambda: TopicSource(brokers, topics, settings=given)
    elif source.startswith(FILE):
        from gridtwin.stream.feeds.folder_source import FolderSource

        chosen = [feed for feed in feeds if feed.files]
        folder, patterns = Path(source.removeprefix(FILE)), [feed.files for feed in chosen]
        return _refuse_none(chosen, "files"), lambda: FolderSource(folder, patterns)
    else:
        msg = f"--source {source}: write kafka://HOST:PORT or file:FOLDER"
        raise InputError(msg)
    return _refuse_none(chosen, what), connect


def _refuse_none(feeds: list[Feed], key: str) -> list[Feed]:
    if not feeds:
        msg = f"no feed of the map comes from there: give one of them {key} = ..."
        raise InputError(msg)
    return feeds


def _make_metrics_keeper(path: Path | None) -> Callable[[FeedMetrics], None]:
    """Return what keeps the figures in a file, now and then."""
    import time

    from gridtwin.publish.prometheus_file import write_metrics

    written = [-math.inf]

    def keep_metrics(figures: FeedMetrics) -> None:
        if path is not None and time.monotonic() - written[0] > METRICS_S:
            written[0] = time.monotonic()
            write_metrics(path, figures.name_metrics())

    return keep_metrics


@feeds_app.command("check")
def check_map(map_file: MapFile, json: Json = False) -> None:
    """
    Read a map of feeds and say what it takes from where, or what is wrong with it.

    Example: gridtwin feeds check --map feeds.toml
    """
    from gridtwin.results.feed_answers import feed_map_document
    from gridtwin.stream.feeds.feed_map_file import read_feed_map

    feeds = read_feed_map(map_file)
    document = feed_map_document(feeds)
    if json:
        render.write_json(document)
        return
    rows = [
        (each["feed"], each["comes_from"], each["format"], each["target"], each["unknown"])
        for each in document["feeds"]
    ]
    render.write_table("Feeds", ["feed", "comes from", "format", "target", "unknown columns"], rows)


@feeds_app.command("status")
def show_status(twin: In = "", json: Json = False, csv: Csv = False) -> None:
    """
    Show how far each feed is, and how much of it could not be used; 1 if there are dead letters.

    Example: gridtwin feeds status --in houston.twin
    """
    from gridtwin.results.feed_answers import feed_status_document

    document = feed_status_document(open_twin(twin).store.feeds.list_status())
    if json:
        render.write_json(document)
    else:
        names = ["feed", "rows", "deletes", "letters", "read_at", "sources"]
        rows = [
            (*(each["feed"], each["rows"], each["deletes"], each["letters"]),
             each["read_at"] or "-", len(each["offsets"]))
            for each in document["feeds"]
        ]  # fmt: skip
        if csv:
            render.write_csv(names, rows)
        else:
            render.write_table("Feeds", names, rows)
    if any(each["letters"] for each in document["feeds"]):
        raise typer.Exit(1)


@feeds_app.command("letters")
def list_feed_letters(
    feed: Annotated[str, typer.Argument(help="Of this feed alone.")] = "",
    twin: In = "",
    top: Annotated[int, typer.Option(min=1, help="The K oldest.")] = 100,
    json: Json = False,
) -> None:
    """
    List messages of feeds that could not be used, and why; the oldest first.

    Example: gridtwin feeds letters crews --in houston.twin
    """
    from gridtwin.results.feed_answers import feed_letters_document

    document = feed_letters_document(open_twin(twin).store.feeds.list_letters(feed, limit=top))
    if json:
        render.write_json(document)
        return
    rows = [
        (each["feed"], each["place"], each["reason"], each["key"], each["value"])
        for each in document["letters"]
    ]
    names = ["feed", "place", "reason", "key", "value"]
    render.write_table(f"{len(rows):,} dead letters", names, rows)


@feeds_app.command("replay")
def replay_feed_letters(map_file: MapFile, twin: In = "") -> None:
    """
    Take again what could not be used, as after the map was mended; later changes stay.

    Example: gridtwin feeds replay --map feeds.toml --in houston.twin
    """
    from gridtwin.live.feed_following import FeedFollower
    from gridtwin.stream.feeds.feed_map_file import read_feed_map

    used, still = FeedFollower(open_twin(twin).store, read_feed_map(map_file)).replay_letters()
    render.write_facts("Dead letters", {"taken": used, "still dead": still})


@feeds_app.command("forget")
def forget_feed(
    feed: Annotated[str, typer.Argument(help="The feed, by its name in the map.")],
    twin: In = "",
) -> None:
    """
    Delete the rows of a feed and all that is known of it; the next run reads it from the first.

    Example: gridtwin feeds forget crews --in houston.twin
    """
    book = open_twin(twin).store.feeds
    names = [each.feed for each in book.list_status()]
    if feed not in names:
        what = "feed"
        from gridtwin.store.store_rules import find_close_names

        raise NotFoundError(what, feed, find_close_names(feed, names))
    render.write_facts("Forgotten", {"rows": book.forget_feed(feed)})


@feeds_app.command("values")
def show_measurements(
    mrid: Annotated[str, typer.Argument(metavar="[ID]", help="Of this element alone.")] = "",
    twin: In = "",
    untrusted: Annotated[
        bool, typer.Option(help="Those alone whose quality is not good, or that are stale.")
    ] = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Show the latest values of SCADA with their quality; a status that is not good moves nothing.

    Example: gridtwin feeds values --untrusted --in houston.twin
    """
    from gridtwin.results.feed_answers import measurements_document

    shown = open_twin(twin).measurements.list_values(mrid, untrusted=untrusted)
    document = measurements_document(shown)
    if json:
        render.write_json(document)
        return
    names = ["element", "kind", "phases", "value", "quality", "at", "age, s", "point"]
    rows = [
        (*(each["element"], each["kind"], each["phases"], each["shown"], each["quality"]),
         f"{each['at'][:19]}Z", round(each["age_s"]), each["point"])
        for each in document["measurements"]
    ]  # fmt: skip
    if csv:
        render.write_csv(names, rows)
    else:
        render.write_table("Measurements", names, rows)

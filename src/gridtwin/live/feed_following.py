"""Follow feeds of other systems: what comes is written with how far it was read, or not at all."""

from __future__ import annotations

import fnmatch
import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

from gridtwin.errors import StaleTwinError, StoreError
from gridtwin.live.scada_statuses import carry_out_statuses, list_status_events
from gridtwin.model.feed_changes import FeedBatch, FeedSource
from gridtwin.stream.feeds.feed_decoding import FeedDecoder
from gridtwin.stream.feeds.source_change import FeedMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from threading import Event

    from gridtwin.model.feed_changes import FeedLetter
    from gridtwin.store.protocol import Store
    from gridtwin.stream.feeds.feed_map import Feed
    from gridtwin.stream.feeds.topic_source import Arrived

LOG = logging.getLogger("gridtwin.feeds")

FEED_POLL_S = 0.5  # for messages, while there is nothing to do
LONGEST_FEED_RETRY_S = 30.0  # before a store or a broker that is away is tried again
MOST_REPLAYED = 1_000


class FeedSourceReader(Protocol):
    """Where messages come from: topics, or a folder."""

    @property
    def is_at_end(self) -> bool:
        """Whether all that is there was read."""
        ...

    def begin(self, offsets: Mapping[str, int]) -> None:
        """Read on from offsets by source."""
        ...

    def count_behind(self) -> int:
        """Return how much is there that was not read yet, as far as it is known."""
        ...

    def read(self, seconds: float) -> list[Arrived]:
        """Return what came within a time."""
        ...

    def close(self) -> None:
        """Give back what is held."""
        ...


@dataclass
class FeedMetrics:
    """What a monitor watches."""

    messages: int = 0
    written: int = 0  # rows
    deleted: int = 0
    late: int = 0  # changes older than what was known
    letters: int = 0  # messages that could not be used
    operated: int = 0  # statuses of switches that were carried out
    behind: int = 0  # messages, or bytes of files, that were there and not taken yet

    def name_counts(self) -> dict[str, int]:
        """Return them by their names."""
        return asdict(self)

    def name_metrics(self) -> dict[str, float]:
        """Return them by the names of Prometheus."""
        return {f"gridtwin_feeds_{name}": float(value) for name, value in asdict(self).items()}


class FeedFollower:
    """
    The feeds of one map into one twin.

    Parameters
    ----------
    store
        Where the twin is kept.
    feeds
        The feeds.
    """

    def __init__(self, store: Store, feeds: Sequence[Feed]) -> None:
        self.metrics = FeedMetrics()
        self._store = store
        self._decoders = [FeedDecoder(feed) for feed in feeds]
        self._offsets = self._store.feeds.read_offsets()

    def find_starts(self) -> dict[str, int]:
        """Return where each source goes on: where the feed does that is behind most."""
        starts: dict[str, int] = {}
        for source in {each.source for each in self._offsets}:
            offsets = [
                self._offsets.get(FeedSource(each.feed.name, source), 0)
                for each in self._decoders
                if reads_source(each.feed, _name_source(each.feed, source))
            ]
            starts[source] = min(offsets, default=0)
        return starts

    def take(self, arrived: Sequence[Arrived]) -> None:
        """
        Write what came, and how far it was read: all of it or nothing.

        Raises
        ------
        StoreError
            If it cannot be written, or somebody else reads the same feeds.
        """
        batch = FeedBatch()
        starts = self.find_starts()
        again = {
            part.source
            for part in arrived
            if part.messages and part.messages[0].order[1] < starts.get(part.source, 0)
        }
        for decoder in self._decoders:
            self._decode_parts(decoder, arrived, again, batch)
        batch.events = list_status_events(self._store, batch.changes)
        outcome = self._store.feeds.apply_batch(batch, self._offsets)
        self._offsets |= batch.offsets
        self.metrics.messages += sum(len(part.messages) for part in arrived)
        self.metrics.written += outcome.written
        self.metrics.deleted += outcome.deleted
        self.metrics.late += outcome.late
        self.metrics.letters += outcome.letters
        self.carry_out()

    def carry_out(self) -> None:
        """Carry out the statuses of switches that were taken in, now or before a crash."""
        self.metrics.operated += carry_out_statuses(self._store)

    def _decode_parts(
        self,
        decoder: FeedDecoder,
        arrived: Iterable[Arrived],
        again: Collection[str],
        batch: FeedBatch,
    ) -> None:
        """Decode what a feed has not read yet; a topic that was made anew it reads again."""
        feed = decoder.feed
        messages: list[FeedMessage] = []
        for part in arrived:
            if not reads_source(feed, part.name):
                continue
            source = FeedSource(feed.name, part.source)
            done = 0 if part.source in again else self._offsets.get(source, 0)
            messages += [each for each in part.messages if each.order[1] >= done]
            batch.offsets[source] = max(part.next, done)
        decoded = decoder.decode_messages(messages)
        batch.changes += decoded.changes
        batch.letters += decoded.letters
        self.metrics.late += decoded.late

    def replay_letters(self) -> tuple[int, int]:
        """
        Take again what could not be used; return how many messages were used, and how many not.

        Where a later change of a row came meanwhile, that stays.
        """
        used = still = 0
        counts = {each.feed: each.letters for each in self._store.feeds.list_status()}
        for decoder in self._decoders:
            left = counts.get(decoder.feed.name, 0)
            while left > 0:  # those that are still dead are the newest afterwards
                letters = self._store.feeds.list_letters(
                    decoder.feed.name, limit=min(left, MOST_REPLAYED)
                )
                dead = self._replay_some(decoder, letters)
                used, still = used + len(letters) - dead, still + dead
                left -= max(len(letters), 1)
        self.carry_out()
        return used, still

    def _replay_some(self, decoder: FeedDecoder, letters: list[FeedLetter]) -> int:
        """Take letters again; return how many are still dead."""
        decoded = decoder.decode_messages([_make_message(each) for each in letters])
        batch = FeedBatch(changes=decoded.changes, letters=decoded.letters, replayed=letters)
        batch.events = list_status_events(self._store, batch.changes)
        self._store.feeds.apply_batch(batch, {})
        return len(decoded.letters)


def _name_source(feed: Feed, source: str) -> str:
    """Return the topic of a partition, or the file itself."""
    return source.rpartition(":")[0] if feed.topic else source


def _make_message(letter: FeedLetter) -> FeedMessage:
    """Return the message that a letter holds, ordered by the place it came from."""
    source, _, number = letter.place.rpartition(":")
    return FeedMessage(letter.place, letter.key, letter.value, (source, int(number)))


def reads_source(feed: Feed, name: str) -> bool:
    """Return whether a feed reads a topic or a file of a name."""
    return name == feed.topic if feed.topic else fnmatch.fnmatchcase(name, feed.files)


def follow_feeds(
    store: Store,
    feeds: Sequence[Feed],
    connect: Callable[[], FeedSourceReader],
    stop: Event,
    *,
    until_end: bool = False,
    shown: Callable[[FeedMetrics], None] = lambda _: None,
) -> FeedMetrics:
    """
    Follow feeds until told to stop; a store or a broker that goes away is waited for.

    Parameters
    ----------
    store
        Where the twin is kept.
    feeds
        The feeds, all of topics or all of files.
    connect
        Makes what reads their sources.
    stop
        When to stop: what was read is written.
    until_end
        Whether to stop when all that is there was read.
    shown
        Is given the metrics after each round.

    Raises
    ------
    StoreError
        If the store or the broker cannot be used from the beginning.
    """
    follower = FeedFollower(store, feeds)
    wait, went_well = 1.0, False
    while not stop.is_set():
        source = None
        try:
            source = connect()
            source.begin(follower.find_starts())
            follower.carry_out()
            went_well, wait = True, 1.0
            if _follow_rounds(follower, source, stop, until_end=until_end, shown=shown):
                break
        except StaleTwinError:
            raise
        except StoreError as error:
            if not went_well or until_end:
                raise
            LOG.warning("trying again in %.0f s: %s", wait, error)
            stop.wait(wait)
            wait = min(2 * wait, LONGEST_FEED_RETRY_S)
            follower = _start_again(follower, store, feeds)
        finally:
            if source is not None:
                source.close()
    return follower.metrics


def _start_again(before: FeedFollower, store: Store, feeds: Sequence[Feed]) -> FeedFollower:
    """Return a follower that knows how far the store is, which a lost connection leaves open."""
    try:
        follower = FeedFollower(store, feeds)
    except StoreError:
        return before  # still away: it is asked again
    follower.metrics = before.metrics
    return follower


def _follow_rounds(
    follower: FeedFollower,
    source: FeedSourceReader,
    stop: Event,
    *,
    until_end: bool,
    shown: Callable[[FeedMetrics], None],
) -> bool:
    """Follow until told to stop, or, where that is wanted, until the end; say which."""
    while not stop.is_set():
        arrived = source.read(FEED_POLL_S)
        if arrived:
            follower.take(arrived)
        follower.metrics.behind = source.count_behind()
        shown(follower.metrics)
        if until_end and not arrived and source.is_at_end:
            return True
    return False

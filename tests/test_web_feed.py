"""The live feed and its viewers, without connections: they read or do not, leave and come back."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from herd.batch import BATCH_MOST, DROPPED, OWN_CLIENTS
from herd.facts import Forget
from herd.node import Node
from herd.store import LOG_LEAST
from herd.traffic import TrafficLog
from tests.herding import PATIENCE, until
from tests.watching import Picture, known, put, split
from web.box import Box
from web.feed.channel import BINARY, JSON, Channel, Form, Teller
from web.feed.feed import Feed
from web.feed.outlet import Outlet
from web.feed.packed import Names
from web.search.finder import Finder

PACIFIC = Box(170, -30, -170, 30)


class Held(Outlet):
    """The way out to a viewer that a test plays: it reads, or it does not."""

    def __init__(self) -> None:  # no connection
        self.picture = Picture()
        self.open = asyncio.Event()
        self.open.set()
        self.waiting: list[bytes] = []  # what the viewer has not read
        self.last = b""

    @property
    def blocked(self) -> bool:
        """Whether it has not read its last frame."""
        return bool(self.waiting)

    @property
    def lost(self) -> bool:
        """Whether it is gone: never."""
        return False

    def freeze(self) -> None:
        """Stop reading."""
        self.open.clear()

    def thaw(self) -> None:
        """Read on."""
        self.open.set()
        self._read()

    def write(self, frame: bytes) -> None:
        """Lay a frame before it."""
        assert not self.waiting, "written to a viewer that had not read its last frame"
        self.waiting.append(frame)
        self.last = frame
        if self.open.is_set():
            self._read()

    async def drained(self) -> None:
        """Wait until it reads."""
        await self.open.wait()
        self._read()

    def abort(self) -> None:
        """Throw away what it has not read."""
        self.waiting.clear()

    def _read(self) -> None:
        for messages in self.waiting:
            for frame in split(messages):
                self.picture.apply(frame)
        self.waiting.clear()


class Watching:
    """Viewers of a feed, and the store that it tells."""

    def __init__(self, feed: Feed, tasks: asyncio.TaskGroup) -> None:
        self.feed = feed
        self.store = feed.store
        self._tasks = tasks

    async def stay(self, outlet: Held, form: Form, box: Box | None, cursor: int | None) -> None:
        """Watch until cancelled or stopped."""
        outlet.abort()  # a tick may have come before the connection that this one replaces was gone
        with self.feed.watch(outlet, form, box, cursor) as viewer:
            await viewer.run()

    def come(self, form: Form, box: Box | None) -> tuple[Held, Callable[[], None]]:
        """Let a viewer come; return its outlet, and what makes it leave and come back."""
        outlet = Held()
        staying = [self._tasks.create_task(self.stay(outlet, form, box, None))]

        def come_back() -> None:
            staying.pop().cancel()
            outlet.abort()
            picture = outlet.picture
            number = picture.number if picture.frames and self.store.reaches(picture.number) else None
            staying.append(self._tasks.create_task(self.stay(outlet, form, box, number)))

        return outlet, come_back

    async def settled(self, outlet: Held) -> None:
        """Wait until a viewer has come to the store's number."""
        await until(lambda: outlet.picture.number == self.store.number, "a viewer that is up to date")


@asynccontextmanager
async def watching(frames_a_second: float = 2000) -> AsyncIterator[Watching]:
    """Run a feed in whose ticks no defect may show."""
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            traffic = TrafficLog(Path(folder) / "Goloman.log")
            stack.callback(traffic.close)
            node = Node("Goloman", Nowhere(), traffic, tasks)
            feed = Feed(node, Finder(node), frames_a_second=frames_a_second)
            yield Watching(feed, tasks)
            feed.close()
            await until(lambda: not feed.viewers(), "everyone leaves")
            assert node.guard.caught == 0


class Nowhere:
    """No places at all."""

    async def nearby(self, *_: object) -> bytes:
        """Know nothing."""
        raise NotImplementedError


async def test_who_catches_up_is_told_of_a_client_that_has_changed_again_since_the_last_tick() -> None:
    """Else the next tick, which says no name twice, would tell of an index that it never heard of."""
    async with watching() as w:
        put(w.store, (b"kiwi", 1, 1))
        w.feed.number = w.store.number  # as after a tick
        put(w.store, (b"kiwi", 2, 2))
        names = Names()
        piece = await w.feed.changes(Channel(BINARY, None, names, Teller("Goloman", "life", lambda: 0)), 0)
        (frame,) = split(piece.frames)
        assert (piece.after, frame["number"]) == (w.feed.number, w.feed.number)
        assert frame["names"] == [[0, "kiwi"]]


CLIENTS, WEST, NORTH = st.integers(0, 7), st.integers(-180, 180), st.integers(-30, 30)
MOVES = st.tuples(st.just("move"), st.lists(st.tuples(CLIENTS, NORTH, WEST), min_size=1, max_size=5))
VIEWER = st.integers(0, 3)
STEPS = st.one_of(
    MOVES,
    st.tuples(st.sampled_from(["forget", "drop"]), CLIENTS),
    st.tuples(st.sampled_from(["freeze", "thaw", "come back"]), VIEWER),
    st.tuples(st.just("pause"), st.integers(1, 3)),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(STEPS, max_size=40))
def test_a_viewer_ends_with_what_the_store_knows_whatever_it_was_told_before(steps: list[tuple[str, Any]]) -> None:
    asyncio.run(_watch(steps))


async def _watch(steps: list[tuple[str, Any]]) -> None:
    async with watching() as seen:
        store = seen.store
        put(store, (b"client0", 0, 0), (b"client1", 0, 175))
        channels = [(JSON, None), (BINARY, None), (JSON, PACIFIC), (BINARY, PACIFIC)]
        viewers = [seen.come(*channel) for channel in channels]
        for what, how in steps:
            match what:
                case "move":
                    put(store, *[(b"client%d" % client, lat, lon) for client, lat, lon in how])
                case "forget":
                    client = b"client%d" % how
                    stamp = store.reports[client][0] if client in store.reports else 0
                    store.forget(Forget(b"Goloman", client, stamp), store.batch(OWN_CLIENTS))
                    store.close()
                case "drop":
                    if report := store.reports.get(b"client%d" % how):
                        store.drop(report, store.batch(DROPPED))
                        store.close()
                case "freeze":
                    viewers[how][0].freeze()
                case "thaw":
                    viewers[how][0].thaw()
                case "come back":
                    viewers[how][1]()
                case "pause":
                    for _ in range(how * 3):  # turns of the loop, in which a tick may come
                        await asyncio.sleep(0.0003)
        for (outlet, _), (_, box) in zip(viewers, channels, strict=True):
            outlet.thaw()
            await seen.settled(outlet)
            assert outlet.picture.clients == known(store, box)


async def test_a_client_that_leaves_the_box_is_told_to_be_gone_and_once_only() -> None:
    async with watching() as seen:
        put(seen.store, (b"walker", 0, 175), (b"stranger", 0, 0))
        outlet, _ = seen.come(JSON, PACIFIC)
        other, _ = seen.come(BINARY, PACIFIC)
        told: list[list[str]] = []
        for longitude in (0, 1, 175, 2):
            await seen.settled(outlet)
            await seen.settled(other)
            put(seen.store, (b"walker", 0, longitude), (b"stranger", 0, longitude % 2))
            frames = outlet.picture.frames
            await until(lambda frames=frames: outlet.picture.frames > frames, "a frame")  # type: ignore[misc]
            told.append(sorted(outlet.picture.clients))
        assert told == [[], [], ["walker"], []]
        await seen.settled(other)
        assert other.picture.clients == {}


async def test_a_viewer_that_stops_reading_has_one_frame_waiting_and_then_gets_one_merged() -> None:
    async with watching() as seen:
        outlet, _ = seen.come(JSON, None)
        fast, _ = seen.come(JSON, None)
        await seen.settled(fast)
        outlet.freeze()
        for latitude in range(50):
            put(seen.store, (b"walker", latitude, 0))
            await seen.settled(fast)
        assert len(outlet.waiting) == 1
        frames = outlet.picture.frames
        outlet.thaw()
        await seen.settled(outlet)
        assert outlet.picture.frames - frames == 2
        assert outlet.picture.clients == known(seen.store)


async def test_viewers_that_are_about_as_far_behind_share_what_is_written_for_them() -> None:
    async with watching() as seen:
        outlets = [seen.come(BINARY, None)[0] for _ in range(3)]
        fast, _ = seen.come(BINARY, None)
        for step in range(60):
            put(seen.store, (b"walker%d" % step, 0, step))
            await seen.settled(fast)
            if step in {10, 12}:
                await seen.settled(outlets[step == 12])
                outlets[step == 12].freeze()
        for outlet in outlets[:2]:
            outlet.thaw()
        await seen.settled(outlets[0])
        await seen.settled(outlets[1])
        assert outlets[0].last is outlets[1].last
        for outlet in outlets:
            assert outlet.picture.clients == known(seen.store)


async def test_a_viewer_with_many_frames_to_catch_up_gets_all_of_them() -> None:
    async with watching() as seen:
        outlet, _ = seen.come(JSON, None)
        fast, _ = seen.come(BINARY, None)
        for step in range(45):
            # To round 34 batches up to 40 means more changes than a frame holds.
            put(seen.store, *[(b"%d" % number, step, 0) for number in range(step, BATCH_MOST)])
            await seen.settled(fast)
            if step == 9:
                await seen.settled(outlet)
                outlet.freeze()
        outlet.thaw()
        await seen.settled(outlet)
        assert outlet.picture.clients == fast.picture.clients == known(seen.store)


async def test_a_viewer_behind_the_log_is_told_everything_anew() -> None:
    async with watching() as seen:
        outlet, _ = seen.come(BINARY, None)
        fast, _ = seen.come(JSON, None)
        await seen.settled(outlet)
        outlet.freeze()
        most = range(BATCH_MOST)
        for step in range(2 * LOG_LEAST // BATCH_MOST + 2):
            put(seen.store, *[(b"%d" % number, step % 90, 0) for number in most])
        await seen.settled(fast)
        outlet.thaw()
        await seen.settled(outlet)
        assert outlet.picture.clients == fast.picture.clients == known(seen.store)


async def test_who_comes_while_the_server_closes_is_sent_away() -> None:
    async with watching() as seen:
        seen.feed.close()
        await asyncio.wait_for(seen.stay(Held(), JSON, None, None), PATIENCE)
        assert not seen.feed.viewers()


async def test_nothing_runs_while_nobody_watches() -> None:
    async with watching() as seen:
        assert not seen.feed.ticking
        outlet, _ = seen.come(JSON, None)
        await seen.settled(outlet)
        await until(lambda: seen.feed.ticking, "ticks")
        for viewer in seen.feed.viewers():
            viewer.stop()
        await until(lambda: not seen.feed.ticking, "silence")
        number = seen.feed.number
        put(seen.store, (b"walker", 1, 1))
        other, _ = seen.come(JSON, None)
        await seen.settled(other)
        assert seen.feed.number == number + 1
        assert other.picture.clients == known(seen.store)

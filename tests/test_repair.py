"""Everything is sent to an end that holds nothing, though clients come and go meanwhile: nothing is missing."""

import asyncio
from random import Random

import pytest

from herd.batch import OWN_CLIENTS, Report
from herd.digest import ALWAYS, Digest
from herd.facts import Forget
from herd.links import repair
from herd.links.repair import Offer
from herd.links.wire import Wire
from herd.messages import SECOND, parse_at
from herd.node import Node
from herd.store import Store
from herd.words import Span
from tests.fuzz.wires import a_node

TIME = 1_520_000_000
CHANCES = ("come", "go", "forget", "forget one that nobody knows", "remember", "change", "turn")


class BusyStore(Store):
    """A store in which clients come and go."""

    def __init__(self, random: Random, clients: int) -> None:
        super().__init__(b"life")
        self._random = random
        self._time = TIME
        self.come = self.copies = 0
        for _ in range(clients):
            self.change("come")
        for _ in range(clients // 10):
            self.change("forget")
        self.close()

    def change(self, what: str) -> None:
        """Let something happen."""
        self._time += 1
        batch, known = self.batch(self._random.choice([OWN_CLIENTS, b"peer"])), list(self.reports)
        if what == "turn":
            self.close()
        elif what == "come":
            self.come += 1
            self.say(b"c%d" % self.come)
        elif what == "forget one that nobody knows":
            self.forget(Forget(b"Home", b"nobody%d" % self._time, self._time * SECOND), batch)
        elif what == "remember" and self.forgotten:
            self.unmark(self._random.choice(list(self.forgotten)))
        elif known and what == "go":
            self.drop(self.reports[self._random.choice(known)], batch)
        elif known and what == "forget":
            self.forget(Forget(b"Home", self._random.choice(known), self._time * SECOND), batch)
        elif known and what == "change":
            self.say(self._random.choice(known))

    def snapshot(self) -> list[Report]:
        """Count how often all is copied."""
        self.copies += 1
        return super().snapshot()

    def say(self, client: bytes) -> None:
        """Let a client say where it is."""
        self.put(parse_at(b"AT Home +1.000000000 %b +1+1 %d" % (client, self._time)), self.batch(OWN_CLIENTS))


class BusyWire(Wire):
    """A wire on which everything takes its time, in which the store changes."""

    def __init__(self, node: Node, store: BusyStore, random: Random, chances: tuple[str, ...]) -> None:
        super().__init__(node, "to-Away")
        self.sent: list[bytes] = []
        self._store, self._random, self._chances = store, random, chances

    async def writable(self) -> None:
        """Wait, while clients come and go."""
        for _ in range(self._random.randint(0, 4)):
            if self._chances:
                self._store.change(self._random.choice(self._chances))

    def write(self, lines: bytes) -> None:
        """Keep what is sent."""
        self.sent += lines.split(b"\n")[:-1]


def held(store: Store) -> set[bytes]:
    """Return all that a store holds."""
    return {fact[1] for fact in store.snapshot()}


@pytest.mark.parametrize(
    "chances", [(), ("change",), ("come", "turn"), ("go", "turn"), ("forget", "turn"), CHANCES]
)
@pytest.mark.parametrize("seed", range(12))
async def test_who_is_sent_everything_and_then_the_feed_lacks_nothing(
    seed: int, chances: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "LINES_A_WRITE", 3)
    random = Random(seed)
    store = BusyStore(random, random.choice([0, 2, 40, 100]))
    before, number = held(store), store.number
    async with a_node() as node:
        wire = BusyWire(node, store, random, chances)
        offer = Offer(wire, Digest(Span(ALWAYS)), 1)
        await offer.send_all(store)
    assert wire.sent.pop() == b"DONE 1"
    assert offer.sent == len(wire.sent)
    if not chances:
        assert sorted(wire.sent) == sorted(before)
    # What goes makes others be sent again, those that come before it: never more than have gone.
    assert len(wire.sent) - len(set(wire.sent)) <= store.removed + len(store.forgotten)
    away = Store(b"another life")
    for line in wire.sent:
        away.take(line, away.batch(b"Home"))
    store.close()
    while number < store.number:
        number, facts = store.since(number, 7)
        for fact in facts:
            away.take(fact[1], away.batch(b"Home"))
    assert held(store) <= held(away)


async def test_a_store_is_copied_only_where_a_client_comes_while_all_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repair, "LINES_A_WRITE", 3)
    for chances, copied in ((("change",), 0), (("come",), 1)):
        store = BusyStore(Random(1), 50)
        first = held(store)
        clients = set(store.reports)
        async with a_node() as node:
            wire = BusyWire(node, store, Random(2), chances)
            store.copies = 0
            await Offer(wire, Digest(Span(ALWAYS)), 1).send_all(store)
        assert store.copies == copied
        sent = wire.sent[:-1]
        assert clients <= {line.split(b" ")[3] for line in sent if line.startswith(b"AT ")}
        assert {line for line in first if line.startswith(b"FORGET ")} <= set(sent)
        assert len(sent) == len(set(sent))


@pytest.mark.parametrize("what", ["come", "go", "forget"])
async def test_a_digest_is_of_all_though_a_client_comes_or_goes_while_it_is_made(what: str) -> None:
    store = BusyStore(Random(3), 2000)
    made = asyncio.create_task(repair.make_digest(store, Span(ALWAYS)))
    await asyncio.sleep(repair.PAUSE / 2)  # it has begun
    assert not made.done()
    store.change(what)
    store.copies = 0
    now = held(store)
    digest = await made
    assert store.copies == 2  # one of them ours
    assert {line for bucket in digest.lines for line in bucket} == now
    assert sum(map(len, digest.lines)) == len(now)

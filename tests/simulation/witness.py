"""One life of a server as its log and its feed show it, held against the oracle at every event."""

from collections import Counter
from collections.abc import Callable, Sequence

from herd import words
from herd.batch import OWN_CLIENTS, Batch
from herd.digest import ALWAYS
from herd.facts import FORGET
from herd.links.links import Links
from herd.links.telling import Telling
from herd.node import Node
from tests.simulation.oracle import Fact, Model, Said, read, read_forget
from tests.simulation.promises import Promises
from tests.simulation.rare import NOTICES
from tests.simulation.told import Told
from tests.simulation.watch import Watch


def read_known(line: bytes) -> Fact:
    """Read a line that is known to be an AT line."""
    fact = read(line)
    assert fact is not None
    return fact


class Witness:
    """The log of one life of a server, and a reader of its feed."""

    missing = 0

    def __init__(self, watch: Watch, name: str, clock: Callable[[], int], promises: Promises) -> None:
        self.alive = True
        self.disturbed = False  # its clock jumped, or it was paused, since its last turn
        self.model = Model()
        self.name = name
        self.node: Node
        self.links: Links
        self._watch = watch
        self._clock = clock
        self._seen: dict[bytes, Fact] = {}  # the newest of each client that the feed showed
        self._said: set[Said] = set()  # all that the feed ever showed
        self._changes: Counter[bytes] = Counter()
        self._told: dict[str, Told] = {}
        self._promises = promises

    def join(self, node: Node, links: Links) -> None:
        """Watch these from now on, before any other reader does."""
        self.node, self.links = node, links
        node.turn.readers.insert(0, self)
        self._promises.check(node.store)
        for _, line, number, *_ in node.store.snapshot():
            self._remember(line)
            self._watch.held.change(node.life, number, line)

    def _remember(self, line: bytes) -> None:
        """S1, S3: what a journal brings back was issued as it stands."""
        if line not in self._watch.issued:
            self._watch.broken("S3", f"{self.name} reads {line!r}, which no server issued")
        elif fact := read(line):
            self.model.take(fact)
            self._seen[fact.client] = fact
            self._said.add(fact.said)
        elif forget := read_forget(line):
            self.model.forget(*forget)

    # The log.

    def lines(self, connection: str, direction: str, lines: bytes) -> None:
        """Look at what passes."""
        if not self.alive:
            return
        self._watch.trace(self.name + direction, connection, lines)
        end, _, peer = connection.partition("-")
        if direction == ">" and connection.startswith("#"):
            self._answered(lines)
        elif end == "from":
            (self._heard if direction == "<" else self._acknowledge)(peer, lines)
        elif end == "to":
            (self._tell if direction == ">" else self._asked)(peer, lines)

    def many(self, connections: Sequence[str], direction: str, lines: Sequence[bytes]) -> None:
        """Look at what passes on many connections."""
        for connection, line in zip(connections, lines, strict=True):
            self.lines(connection, direction, line)

    def notice(self, connection: str, text: str) -> None:
        """Count what a server says about its connections."""
        if not self.alive:
            return
        self._watch.trace(self.name + "!", connection, text.encode("utf-8", "surrogateescape"))
        for part, state in NOTICES.items():
            if part in text:
                self._watch.sometimes(state)
        other = self._watch.lives.get(connection)
        if "is told our feed" in text and other and self._newer_than(other) and other._newer_than(self):
            self._watch.sometimes("a link begun with both sides newer")

    def close(self) -> None:
        """End the log."""

    # The feed.

    def moved(self) -> None:
        """S1, S2, S3: what is new was said by a client, outranks what was known, and is as it was first issued."""
        if not self.alive:
            return
        store = self.node.store
        forgotten: set[bytes] = set()
        for batch in store.fresh:
            forgotten.update(client for client, _ in filter(None, map(read_forget, batch.lines)))
            for line in batch.lines:
                self._watch.held.change(self.node.life, batch.number, line)
                (self._check_forget if line.startswith(FORGET) else self._check_new)(line, batch)
        for client in dict.fromkeys(client for batch in store.fresh for client in batch.clients):
            if client not in store.reports:
                if self._seen.pop(client, None):
                    self._watch.sometimes("a client forgotten")
                continue
            fact = read(store.reports[client][1])
            old = self._seen.get(client)
            if old and fact == old and client in forgotten:  # it was newer
                continue
            self._changes[client] += 1
            if fact is None or (old and fact.rank <= old.rank):
                self._watch.broken("S2", f"{self.name} went from {old and old.line!r} to {fact and fact.line!r}")
            elif not self.model.agrees(client, fact):
                self._watch.broken("S2", f"{self.name} believes {fact.line!r}, heard {self.model.newest[client]!r}")
            else:
                if old and old.rank[:2] == fact.rank[:2] and old.said != fact.said:
                    self._watch.sometimes("equal stamps, different places")
                self._seen[client] = fact
        self.disturbed = False

    def _check_repetition(self, fact: Fact) -> None:
        """S4: what a client says again, and is stored, goes no further."""
        old, store = self._seen.get(fact.client), self.node.store
        changes = [client for batch in store.fresh for client in batch.clients].count(fact.client)
        if old and old.said == fact.said and changes == 1:
            self._watch.broken("S4", f"{self.name} takes {fact.line!r} for news, and had it")

    def settle(self) -> None:
        """Hold everything in the store against the model, what it says to hold against S9, its guard against S8."""
        self._watch.held.look(self.name, self.node.store, self.links)
        reports = self.node.store.reports
        for client in {**self.model.newest, **reports}:
            fact = read(reports[client][1]) if client in reports else None
            if client not in self.model.newest or not self.model.agrees(client, fact):
                own = self.model.newest.get(client)
                self._watch.broken("L1", f"{self.name} keeps {fact and fact.line!r}, heard {own and own.line!r}")
        telling = [reader for reader in self.node.turn.readers if isinstance(reader, Telling)]
        if len(telling) > len(self.links.tellings):
            self._watch.broken("S8", f"{self.name} keeps readers of links that are no more")
        if self.node.guard.caught:
            self._watch.broken("S8", f"{self.name} met {self.node.guard.caught} defects")

    def older(self) -> Fact | None:
        """Return an older report of a client whose newest this server keeps, if the herd issued one."""
        for line in sorted(self._watch.issued):
            fact = read(line)
            if fact and (newest := self.node.store.newest(fact.client)) and fact.rank < read_known(newest).rank:
                return fact
        return None

    def forget_newest(self, older: Fact) -> None:
        """Put an older report back in the place of the newest, behind the feed's back."""
        reports = self.node.store.reports
        known = reports[older.client]
        for told in self._told.values():  # repaired, it is news that travels on
            told.lines.discard(known[1])
        reports[older.client] = (older.rank[0], older.line, *known[2:])
        self._seen[older.client] = self.model.newest[older.client] = older

    def _check_new(self, line: bytes, batch: Batch) -> None:
        fact = read(line)
        if fact is None or fact.said not in self._watch.sent:
            self._watch.broken("S1", f"{self.name} shows {line!r}, which nobody said")
            return
        self._said.add(fact.said)
        if batch.origin == OWN_CLIENTS:
            if fact.server != self.name.encode() or (fact.heard != self._clock() and not self.disturbed):
                self._watch.broken("S3", f"{self.name} heard {line!r} at {self._clock()}")
            self._check_repetition(fact)
            self._watch.issued.add(line)
            self.model.take(fact)
            if fact.rank[0] != fact.rank[1]:
                self._watch.sometimes("a report from the future")
        elif line not in self._watch.issued:
            self._watch.broken("S3", f"{self.name} has {line!r}, which no server issued")

    def _check_forget(self, line: bytes, batch: Batch) -> None:
        if batch.origin == OWN_CLIENTS:
            self._watch.issued.add(line)
        elif line not in self._watch.issued:
            self._watch.broken("S3", f"{self.name} forgets by {line!r}, which no server said")
        if forget := read_forget(line):
            self.model.forget(*forget)

    def _newer_than(self, other: "Witness") -> bool:
        theirs = other._seen
        return any(c not in theirs or theirs[c].rank < fact.rank for c, fact in self._seen.items())

    def _answered(self, lines: bytes) -> None:
        """S7: what is answered can be read at once."""
        every = lines.split(b"\n")
        for line, after in zip(every, [*every[1:], b""], strict=True):
            if line.startswith(b"AT "):
                fact = read(line)
                known = read(self.node.store.newest(fact.client) or b"") if fact else None
                if fact and not known and self.model.forgot(fact):
                    self._watch.sometimes("a forgotten report answered")
                    continue
                if not fact or not known:
                    self._watch.broken("S7", f"{self.name} answers {line!r}, and keeps {known!r}")
                elif known.rank < fact.rank and known.said != fact.said and not self._repeats(fact):
                    self._watch.broken("S7", f"{self.name} answers {line!r}, and keeps {known.line!r}")
                else:
                    if not after.startswith(
                        b"{"
                    ):  # places: who asks is shown also what nobody was told that it counts
                        # An answer that had to wait leaves behind what is newer, and perhaps could not be kept.
                        self._promises.promise(min(fact, known, key=lambda each: each.rank))
                    if known.line != line and known.said == fact.said:
                        self._watch.sometimes("a repetition answered")

    def _repeats(self, fact: Fact) -> bool:
        """Tell whether the client had said the very same before: such a report goes no further (PROTOCOL.md).

        So it gains no rank either where a server with another clock heard it first.
        """
        fresh = [line for batch in self.node.store.fresh for line in batch.lines]
        return fact.said in self._said or any((new := read(line)) and new.said == fact.said for line in fresh)

    def _acknowledge(self, peer: str, lines: bytes) -> None:
        """S9: what is acknowledged is held."""
        for number, _ in filter(None, map(words.parse_ack, lines.split(b"\n"))):
            self._watch.held.check(self.name, self.node.store, self.links.hearings[peer].life, number)

    def _heard(self, _: str, lines: bytes) -> None:
        for line in lines.split(b"\n"):
            if line not in self._watch.issued:
                continue
            if fact := read(line):
                self.model.take(fact)
            elif forget := read_forget(line):
                self.model.forget(*forget)

    def _asked(self, peer: str, lines: bytes) -> None:
        told = self._told[peer]
        for line in lines.split(b"\n"):
            if (ack := words.parse_ack(line)) and (telling := self.links.tellings.get(peer)):
                told.acknowledged |= told.begins and ack[0] >= telling._begun_at
                if ack[1] and not telling.eager:
                    self._watch.sometimes("a link off the tree told to wait")
            elif want := words.parse_hashes(line):
                told.wanted.update(want[3])
            elif differ := words.parse_differ(line):
                told.empty.update(bucket for bucket, own in differ[1].items() if own == 0)
                if told.offered_nothing:  # so what it does not name is empty there
                    told.empty.update(set(range(words.BUCKETS)) - differ[1].keys())

    def _tell(self, peer: str, lines: bytes) -> None:
        """S4, S5: on one connection a line goes out once, and none goes back to the life that brought it."""
        if lines.startswith(b"HERD "):
            self._told[peer] = Told()
        told = self._told[peer]
        for line in lines.split(b"\n"):
            if line.startswith(b"AT ") and (fact := read(line)):
                self._check_told(peer, told, fact)
            elif digest := words.parse_digest(line):
                told.offered_nothing = not any(digest[2])
                told.begins, told.acknowledged = digest[1].before == ALWAYS, False
            elif words.parse_done(line) is not None and told.begins and told.acknowledged:
                self._watch.sometimes("a filling spared")
        last = read(lines[:-1].rpartition(b"\n")[2])
        if last and not told.asked_for(last.line, last.client):
            self._watch.broken("S4", f"{self.name} tells {peer} {last.line!r} with no mark behind it")

    def _check_told(self, peer: str, told: Told, fact: Fact) -> None:
        line, client = fact.line, fact.client
        asked = told.asked_for(line, client)
        if not asked and not self.links.tellings[peer].eager:
            self._watch.sometimes("told late off the tree")
        self._watch.told += not asked
        stored = self.node.store.reports.get(client)
        back = stored is not None and stored[1] == line and stored[3] == self.links.tellings[peer].life
        if (line in told.lines or back) and not asked:
            self._watch.broken(
                "S5" if back else "S4", f"{self.name} tells {peer} {line!r} {'back' if back else 'twice'}"
            )
        told.lines.add(line)
        if told.changes[client] and self._changes[client] > told.changes[client] + 1:
            self._watch.sometimes("a change overtaken on a slow link")
        told.changes[client] = self._changes[client]

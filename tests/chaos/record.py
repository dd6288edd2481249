"""What clients said and were answered: answers are judged as they come, and the newest of each client is kept."""

from collections import Counter
from collections.abc import Iterator

from tests.simulation.oracle import Fact, Said, read

SHOWN = 200  # characters of a longer line at either end


class Wrong(Exception):
    """An answer that no server may give."""


class Client:
    """One client ID: its newest answered report, and those that may or may not have arrived."""

    __slots__ = ("newest", "unanswered")

    def __init__(self) -> None:
        self.newest: Fact | None = None
        self.unanswered: set[Said] = set()

    def answer(self, fact: Fact) -> None:
        """Note a report that was answered."""
        self.unanswered.discard(fact.said)
        if self.newest is None or fact.rank > self.newest.rank:
            self.newest = fact

    def trouble(self, line: bytes | None) -> str | None:
        """Say what is wrong with what a server believes of this client; None if nothing is.

        Right is the newest answered report, the same said once more (a repetition goes no further), or a newer one
        that was said and whose answer never came.
        """
        newest = self.newest
        if line is None:
            return f"it does not know {shown(newest.line)}" if newest else None
        fact = read(line)
        if fact is None:
            return f"it says {shown(line)}"
        if newest and fact.said == newest.said:
            return None
        if newest and fact.rank < newest.rank:
            return f"it says {shown(line)}, which is older than {shown(newest.line)}"
        if fact.said in self.unanswered:
            return None
        return f"it says {shown(line)}, which was not said since {shown(newest.line) if newest else 'the start'}"


class Record:
    """All clients of the run."""

    def __init__(self) -> None:
        self.clients: dict[bytes, Client] = {}
        self.answered: Counter[str] = Counter()  # by how it was said
        self.said = 0

    def say(self, said: Said) -> bytes:
        """Note that a report is about to be said, and return its line."""
        self.said += 1
        client = self.clients.setdefault(said[0], Client())
        if client.newest is None or client.newest.said != said:
            client.unanswered.add(said)
        return b"IAMAT %b %b %b" % said

    def hear(self, how: str, server: str, said: Said, answer: bytes) -> None:
        """Note the answer to a report; Wrong if it is none."""
        fact = read(answer)
        if fact is None or fact.said != said or fact.server != server.encode():
            raise Wrong(f"{server} answered {shown(answer)} to {said} over {how}")
        self.clients[said[0]].answer(fact)
        self.answered[how] += 1

    def hear_around(self, server: str, client: bytes, line: bytes) -> None:
        """Judge what WHATSAT says of a client: who answered its newest report knows it, also in a later life."""
        newest = self.clients[client].newest
        if newest and newest.server == server.encode() and (trouble := self.clients[client].trouble(line)):
            raise Wrong(f"{server} answered the newest report of {shown(client)} itself, and now {trouble}")

    def troubles(self, lines: dict[bytes, bytes]) -> Iterator[tuple[bytes, str]]:
        """Yield what is wrong with all that a server believes, by its client."""
        for client, record in self.clients.items():
            if trouble := record.trouble(lines.get(client)):
                yield client, trouble


def shown(text: bytes | None) -> str:
    """Return bytes as a person reads them, without the middle of what is long."""
    whole = repr(text)
    return whole if len(whole) <= 2 * SHOWN else f"{whole[:SHOWN]}...{whole[-SHOWN:]}"

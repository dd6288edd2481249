"""An asyncio client of a server: programs say where someone is, and ask what is near."""

import asyncio
import json
import time as clock
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from herd.answers import Answers, BadAnswer, ClientError, Disconnected, Refused, TimedOut
from herd.messages import LINE_LIMIT, SECOND, At, parse_at, parse_command
from herd.position import Malformed
from herd.tls import Tls, dialling

__all__ = ["BadAnswer", "Client", "ClientError", "Disconnected", "Nearby", "Refused", "TimedOut", "command_line"]

TIMEOUT = 10.0  # seconds; a server gives its source of places 5


@dataclass(frozen=True, slots=True)
class Nearby:
    """The answer to WHATSAT: whose report it is about, the places as JSON, and their text as it came."""

    report: At
    places: dict[str, Any]
    text: bytes


class Client:
    """A connection to one server, made by `async with Client.connect(host, port) as client`.

    Any number of coroutines may use it at once: requests are sent as they are made, and each gets its own
    answer. A call that timed out or was cancelled may have reached the server all the same; its answer is
    read and dropped when it comes, so the client can go on being used. Any BadAnswer about which answer
    belongs to whom closes the connection, and every call after that is Disconnected.

    IDs, places and times are str or bytes; bytes of an ID that are not UTF-8 stand in a str as
    surrogateescape makes them. What is not in the protocol's language is Malformed, a ValueError, and is
    never sent.
    """

    def __init__(self, answers: Answers, timeout: float, now: Callable[[], int]) -> None:
        self._answers = answers
        self._timeout = timeout
        self._now = now

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        host: str,
        port: int,
        timeout: float = TIMEOUT,
        now: Callable[[], int] = clock.time_ns,
        tls: Tls | None = None,
        token: str | None = None,
    ) -> AsyncIterator["Client"]:
        """Connect for the time of the block; `timeout` in seconds is for this, and for every call after it.

        `tls` None: in the clear; else the server's certificate must be for this host.
        A server that asks for a token is told this one first; one that asks for none does not mind.
        """
        word = None if token is None else token.encode("utf-8", "surrogateescape")
        if word is not None and word.split() != [word]:
            raise Malformed("a token is one word without white space")
        server = f"{host} port {port}"
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                _, answers = await loop.create_connection(
                    lambda: Answers(server, word), host, port, **dialling(tls, host)
                )
        except TimeoutError:
            raise TimedOut(f"no connection to {server} within {timeout:g} seconds") from None
        except OSError as problem:
            raise Disconnected(f"cannot reach {server}: {problem.strerror or problem}") from problem
        try:
            yield cls(answers, timeout, now)
        finally:
            await answers.close()

    async def iamat(self, client: str | bytes, location: str | bytes, time: str | bytes | None = None) -> At:
        """Say where a client is, at a time in POSIX seconds (None: now); return the server's report of it."""
        if time is None:
            seconds, rest = divmod(self._now(), SECOND)
            time = f"{seconds}.{rest:09}"
        line, said = command_line(b"IAMAT", client, location, time)
        report = self._report(await self._answers.ask(line, self._timeout, text=False))
        if (report.client, report.location, report.time) != tuple(said):
            raise self._answers.out_of_step("answered IAMAT about something else")
        return report

    async def whatsat(self, client: str | bytes, radius: Decimal | float | str, limit: int | str) -> Nearby:
        """Ask what is near a client, at most `limit` places within `radius` km."""
        words = radius if isinstance(radius, str) else f"{Decimal(str(radius)):f}"
        line, said = command_line(b"WHATSAT", client, words, str(limit))
        answer = await self._answers.ask(line, self._timeout, text=True)
        first, _, text = answer.partition(b"\n")
        report = self._report(first)
        if report.client != said[0]:
            raise self._answers.out_of_step("answered WHATSAT about another client")
        try:
            places = json.loads(text.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError):
            places = None
        if not isinstance(places, dict):
            raise BadAnswer(f"{self._answers.server} sent places that are not a JSON object")
        return Nearby(report, places, text)

    def _report(self, line: bytes) -> At:
        try:
            return parse_at(line)
        except Malformed as problem:
            raise self._answers.out_of_step(f"sent no proper AT line: {problem}") from None


def command_line(word: bytes, *fields: str | bytes) -> tuple[bytes, list[bytes]]:
    """Return the line of a command, and its fields; Malformed if a server would refuse or misread it."""
    said = [field.encode("utf-8", "surrogateescape") if isinstance(field, str) else field for field in fields]
    for field in said:
        # Such a field would become two, or none, and might well make another valid command.
        if field.split() != [field]:
            raise Malformed(f"{field[:80]!r} is not one word without white space")
    line = b" ".join([word, *said])
    if len(line) > LINE_LIMIT:
        raise Malformed(f"{len(line)} bytes are more than the {LINE_LIMIT} of a line")
    parse_command(line)
    return line, said

"""Offers a herd so many reports a second, and sees how far behind the farthest server's view is.

How far behind: asked about a client, the farthest server says the newest report that it knows. The first newer one
which the herd had answered is what it lacks, and the time from that answer until we have the farthest server's word
is how far its view is behind; 0 where it lacks none. So what waits in a socket of a server that is too busy to read
is not taken in, and what a link leaves out because it was overtaken is not late.
"""

import multiprocessing
import select
import socket
import time
from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random

from tests.bench.herd_of_five import time_of, wait_until_known
from tests.bench.listener import HOST
from tests.bench.load import PATIENCE, READ
from tests.bench.requests import TIME_MARK, iamat, now

CHUNK = 100  # clients that report in one write, with one time
IN_FLIGHT = 2_000  # reports to a server that it has not answered: what is offered beyond waits with the clients
TICK = 0.001  # seconds, at most, until what is due is looked at again
PAUSE = 0.005  # seconds between two samples
Sample = tuple[int, int, bytes, int]  # connection, client, the time that is known of it, and when we were told


@dataclass(frozen=True, slots=True)
class Offered:
    """What one run came to."""

    answered: float  # a second
    behind: tuple[float, ...]  # ms, of each sample, in order of size
    whole: float  # ms from the last answer until all servers knew all
    busy: float  # share of a core that the writing process used


class Writer:
    """One connection: a share of the clients, chunk by chunk, over and over."""

    def __init__(self, port: int, place: int, clients: int, stack: ExitStack) -> None:
        self.connection = stack.enter_context(socket.create_connection((HOST, port), PATIENCE))
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        texts = iamat(clients, f"over{place}-").texts
        self.chunks = [b"".join(texts[i : i + CHUNK]) for i in range(0, clients, CHUNK)]
        self.sent = self.answered = 0  # reports
        # Of each chunk: the times that its reports bear, and when, in ns, they were answered.
        self.times: list[list[bytes]] = [[] for _ in self.chunks]
        self.kept: list[list[int]] = [[] for _ in self.chunks]

    def write(self) -> None:
        """Send the next chunk: all its clients report, at this time."""
        place = self.sent // CHUNK % len(self.chunks)
        stamp = now()
        self.connection.sendall(self.chunks[place].replace(TIME_MARK, stamp))
        self.times[place].append(stamp)
        self.sent += CHUNK

    def read(self) -> None:
        """Take answers, and note which chunks they complete."""
        data = self.connection.recv(READ)
        if not data:
            raise ConnectionError("a server closed the connection of the load")
        before, self.answered = self.answered // CHUNK, self.answered + data.count(b"\n")
        moment = time.time_ns()
        for number in range(before, self.answered // CHUNK):
            self.kept[number % len(self.chunks)].append(moment)


@dataclass(frozen=True, slots=True)
class Written:
    """What the writing process tells: for each connection, its chunks' times and when they were answered."""

    answered: float
    whole: float
    busy: float
    times: list[list[list[bytes]]]
    kept: list[list[list[int]]]

    def behind(self, sample: Sample) -> float:
        """Return by how many ms a sample is behind."""
        connection, client, known, moment = sample
        kept = self.kept[connection][client // CHUNK]
        lacking = bisect_right(self.times[connection][client // CHUNK], known)
        return max(0.0, (moment - kept[lacking]) / 1e6) if lacking < len(kept) else 0.0


def offer(ports: Sequence[int], far: int, clients: int, rate: float, seconds: float) -> Offered:
    """Offer so many reports a second (0: as many as they take) to all of these servers in turns.

    Meanwhile ask the far one about clients of the first two.
    """
    share = clients // len(ports) // CHUNK * CHUNK
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        writing = pool.submit(_write, ports, share, rate, seconds)
        sampling = pool.submit(_sample, far, share, seconds)
        written, samples = writing.result(), sampling.result()
    behind = tuple(sorted(map(written.behind, samples)))
    return Offered(written.answered, behind, written.whole, written.busy)


def _write(ports: Sequence[int], share: int, rate: float, seconds: float) -> Written:
    with ExitStack() as stack:
        writers = [Writer(port, place, share, stack) for place, port in enumerate(ports)]
        begun, cpu = time.perf_counter(), time.process_time()
        while (passed := time.perf_counter() - begun) < seconds:
            due = passed * rate if rate else float("inf")
            for writer in writers:
                while (
                    writer.sent + CHUNK <= due / len(ports) and writer.sent + CHUNK <= writer.answered + IN_FLIGHT
                ):
                    writer.write()
            _read(writers, TICK)
        answered = sum(writer.answered for writer in writers) / (time.perf_counter() - begun)
        busy = (time.process_time() - cpu) / seconds
        while any(writer.answered < writer.sent for writer in writers):
            if not _read(writers, PATIENCE):
                raise TimeoutError(f"no answer within {PATIENCE:.0f} s")
        ended = time.perf_counter()
        last = [
            (b"over%d-%06d" % (place, number * CHUNK), times[-1])
            for place, writer in enumerate(writers)
            for number, times in enumerate(writer.times)
            if times
        ]
        wait_until_known(ports, last)
        whole = 1000 * (time.perf_counter() - ended)
        return Written(
            answered, whole, busy, [writer.times for writer in writers], [writer.kept for writer in writers]
        )


def _read(writers: list[Writer], patience: float) -> bool:
    """Take what answers there are; tell whether any came in time."""
    ready, _, _ = select.select([writer.connection for writer in writers], [], [], patience)
    for writer in writers:
        if writer.connection in ready:
            writer.read()
    return bool(ready)


def _sample(far: int, share: int, seconds: float) -> list[Sample]:
    """Ask about clients by chance, after the first tenth of the time."""
    random, samples = Random(1), []
    with socket.create_connection((HOST, far), PATIENCE) as connection:
        time.sleep(0.1 * seconds)
        end = time.perf_counter() + 0.85 * seconds
        while time.perf_counter() < end:
            place, client = random.randrange(2), random.randrange(share)
            known = time_of(connection, b"over%d-%06d" % (place, client))
            samples.append((place, client, known, time.time_ns()))
            time.sleep(PAUSE)
    return samples

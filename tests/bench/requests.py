"""The requests that a load is made of: text prepared beforehand, with one mark that is filled in when it is sent.

What is filled in grows with the clock, so every request is a change, however often the same text goes out.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

CLIENTS = 10_000
CHUNK = 250  # requests that leave in one system call when pipelined
TIME_MARK = b"#" * 20  # as wide as 1520023934.918963997
SUBJECT = b"herd"  # of NATS
DEGREES_MARK = b"#" * 6  # of a degree's fraction


@dataclass(frozen=True, slots=True)
class Requests:
    """One kind of request: `texts` by client, each with `mark` in it, and what takes the mark's place."""

    texts: tuple[bytes, ...]
    mark: bytes
    fresh: Callable[[], bytes]

    def chunks(self) -> list[bytes]:
        """Join the texts for a pipelined load."""
        return [b"".join(self.texts[i : i + CHUNK]) for i in range(0, len(self.texts), CHUNK)]

    def halves(self) -> list[tuple[bytes, bytes]]:
        """Cut each text at its mark: joining three pieces is quicker than replacing."""
        return [(head, tail) for head, _, tail in (text.partition(self.mark) for text in self.texts)]


def now() -> bytes:
    """Return the time as a client writes it: ten digits, a point, nine decimals."""
    return b"%d.%09d" % divmod(time.time_ns(), 10**9)


def micro_degrees() -> bytes:
    """Return six digits that differ from one microsecond to the next: a moved member, for Redis."""
    return b"%06d" % (time.time_ns() // 1000 % 10**6)


def iamat(clients: int = CLIENTS, prefix: str = "client", location: str = "+34.068930-118.445127") -> Requests:
    """Return reports of so many clients."""
    texts = (f"IAMAT {prefix}{i:06d} {location} ".encode() + TIME_MARK + b"\n" for i in range(clients))
    return Requests(tuple(texts), TIME_MARK, now)


def newcomers() -> Requests:
    """Return reports that are each of a client never heard of before: the mark stands in the client ID too."""
    texts = (b"IAMAT c%06d-%b +34.068930-118.445127 %b\n" % (i, TIME_MARK, TIME_MARK) for i in range(CLIENTS))
    return Requests(tuple(texts), TIME_MARK, now)


def publications(clients: int = CLIENTS) -> Requests:
    """Return AT lines as messages of NATS, as long as those of the herd; each holds exactly one `+`."""
    texts = []
    for i in range(clients):
        line = b"AT Hands -0.000012345 client%06d +34.068930-118.445127 %b" % (i, TIME_MARK)
        texts.append(b"PUB %b %d\r\n%b\r\n" % (SUBJECT, len(line), line))
    return Requests(tuple(texts), TIME_MARK, now)


def posts(clients: int = CLIENTS) -> Requests:
    """Return reports in JSON, each in an HTTP request of its own."""
    texts = []
    for i in range(clients):
        body = b'{"client":"client%06d","location":"+34.068930-118.445127","time":"%b"}' % (i, TIME_MARK)
        head = b"POST /iamat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        texts.append(b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body))
    return Requests(tuple(texts), TIME_MARK, now)


def geoadd(clients: int = CLIENTS) -> Requests:
    """Return the same for Redis, as clients of Redis write it."""
    longitude = b"-118." + DEGREES_MARK
    texts = []
    for i in range(clients):
        words = (b"GEOADD", b"herd", longitude, b"34.068930", b"client%06d" % i)
        texts.append(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words))
    return Requests(tuple(texts), DEGREES_MARK, micro_degrees)

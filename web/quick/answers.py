"""The heads of the quick lane's answers: byte for byte those that aiohttp writes for the same."""

import time
from email.utils import formatdate

from aiohttp.http import SERVER_SOFTWARE

from web.accept import JSON, PLAIN, TEXT
from web.access import HEADERS
from web.quick.heads import Head

_NO_STORE = "Cache-Control: no-store\r\n"
_BEGINNING = "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{more}Content-Length: "
# What was true a moment ago is no answer to the next question; lines in a body are answered as on TCP.
_JSON = _BEGINNING.format(kind=JSON, more=_NO_STORE).encode()
_PLAIN = _BEGINNING.format(kind=PLAIN, more=_NO_STORE).encode()
_LINES = _BEGINNING.format(kind=PLAIN, more="").encode()
_LAST = "Connection: close\r\n"
_SECURITY = "".join([f"{name}: {value}\r\n" for name, value in HEADERS.items()])


class AnswerHeads:
    """Writes heads. What they end with is made once a second, for it says the time."""

    def __init__(self) -> None:
        self._second = -1
        self._ends = (b"", b"")

    def write(self, asked: Head, length: int) -> bytes:
        """Return the head of an answer with a body of so many bytes."""
        if (second := int(time.time())) != self._second:
            self._second = second
            date = f"\r\nDate: {formatdate(second, usegmt=True)}\r\nServer: {SERVER_SOFTWARE}\r\n"
            self._ends = (
                f"{date}{_SECURITY}\r\n".encode(),
                f"{date}{_LAST}{_SECURITY}\r\n".encode(),
            )
        beginning = _LINES if asked.kind == TEXT else _PLAIN if asked.plain else _JSON
        return b"%b%d%b" % (beginning, length, self._ends[asked.last])

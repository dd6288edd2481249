"""Answers over HTTP, read without a library: what every one of them has to be."""

import gzip
import json
from typing import NamedTuple


class Answer(NamedTuple):
    """An answer over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes


def read(said: bytes, method: bytes = b"GET") -> Answer:
    """Read an answer that ends with its connection; AssertionError where it is none."""
    head, end, body = said.partition(b"\r\n\r\n")
    assert end, said
    first, *lines = head.decode("ascii").split("\r\n")
    version, status, _ = first.split(" ", 2)
    assert version in {"HTTP/1.0", "HTTP/1.1"}
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body = _join(body)
    elif "content-length" in headers and method != b"HEAD" and status != "304":
        assert len(body) == int(headers["content-length"])
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return Answer(int(status), headers, body)


def _join(chunks: bytes) -> bytes:
    body = b""
    while chunks:
        size, _, chunks = chunks.partition(b"\r\n")
        body += chunks[: int(size, 16)]
        assert chunks[int(size, 16) :].startswith(b"\r\n")
        chunks = chunks[int(size, 16) + 2 :]
    return body


def check(answer: Answer) -> None:
    """Tell whether an answer is what every answer is: no defect, and of the type that it says."""
    assert answer.status != 500
    kind = answer.headers.get("content-type", "")
    if answer.body and "json" in kind:
        said = json.loads(answer.body)
        if "problem" in kind:
            assert said["status"] == answer.status >= 400
    assert "nosniff" in answer.headers.get("x-content-type-options", "nosniff")

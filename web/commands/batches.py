"""Many commands in one body: lines of the protocol, or a JSON array of reports."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing

from aiohttp import hdrs, web

from herd.access import Grant
from herd.exchange import Exchange
from herd.messages import LINE_LIMIT, refuse
from herd.node import Node
from herd.turn import NotKeptError
from web.accept import JSON, PLAIN, wants_plain
from web.admitting import check_client, grant_of
from web.commands.reading import read_iamat, to_fields
from web.feed.frames import see, write_report
from web.keys import SERVER
from web.problems import Problem, to_problem_json
from web.traffic import label, log_exchange

REPORTS_A_TURN = 100  # of a JSON array, which is about 5 ms; then others have their turn


async def answer_lines(request: web.Request, body: bytes) -> web.StreamResponse:
    """Carry out lines of the protocol, and answer them as on TCP."""
    parts = _carry_out(request.app[SERVER].node, label(request), grant_of(request), body)
    return await _reply(request, parts, PLAIN)


async def answer_array(request: web.Request, reports: list[object]) -> web.StreamResponse:
    """Hear reports, and answer with an array of reports and problems in the same order; or with the lines."""
    if wants_plain(request):
        return await _reply(request, _hear_all(request, reports, plain=True), PLAIN)
    return await _reply(request, _hear_all(request, reports, plain=False), JSON)


def read_report(request: web.Request, fields: Mapping[str, bytes]) -> bytes:
    """Return the line that the fields of a report make, if the request may report of its client."""
    line = read_iamat(fields, request.app[SERVER].node.clock())
    check_client(request, fields["client"], refuse(line))
    return line


async def hear_lines(request: web.Request, lines: list[bytes]) -> list[bytes]:
    """Carry out IAMATs that were checked before, and return their answers once they are kept."""
    node = request.app[SERVER].node
    exchange = Exchange(node, label(request), _nothing_comes)
    exchange.hear(b"".join([line + b"\n" for line in lines]))
    await node.turn.kept()
    while exchange.left:  # for want of room
        exchange.go_on()
        await node.turn.kept()
    _check(exchange)
    return exchange.take()


def _nothing_comes() -> None:
    """Never be called, for an IAMAT is answered at once."""


async def _reply(request: web.Request, parts: AsyncGenerator[bytes, None], kind: str) -> web.StreamResponse:
    """Answer with the parts as they come; what is one part only has a length.

    A client that does not take them holds up nobody else: no further part is made before it does.
    """
    async with aclosing(parts):
        said = (part async for part in parts if part)
        first = await anext(said, b"")
        more = await anext(said, None)
        headers = {hdrs.CONTENT_TYPE: kind}
        if more is None:
            return web.Response(body=first, headers=headers)
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        await response.write(first)
        await response.write(more)
        async for part in said:
            await response.write(part)
        return response


async def _carry_out(node: Node, name: str, grant: Grant, body: bytes) -> AsyncGenerator[bytes, None]:
    """Carry out a slice at a time, as TCP does, and yield the answers once they are kept."""
    came = asyncio.Event()
    exchange = Exchange(node, name, came.set, grant)
    try:
        for lines in _slices(body):
            if lines.endswith(b"\n"):
                exchange.hear(lines)
            else:
                exchange.refuse(lines)
            yield await _take(node, exchange)
            while exchange.left:
                exchange.go_on()
                if exchange.full:  # still no room for more answers that are on their way
                    await came.wait()
                    came.clear()
                yield await _take(node, exchange)
        while exchange.waiting:
            await came.wait()
            came.clear()
            yield await _take(node, exchange)
    finally:
        exchange.cancel()


async def _take(node: Node, exchange: Exchange) -> bytes:
    await node.turn.kept()
    _check(exchange)
    return exchange.take_lines()


def _check(exchange: Exchange) -> None:
    if exchange.lost:
        raise NotKeptError(exchange.lost)


def _slices(body: bytes) -> Iterator[bytes]:
    """Yield whole lines, as many at once as fit into the longest; an over-long one alone, without its newline."""
    if not body.endswith(b"\n"):
        body += b"\n"
    begin = 0
    while begin < len(body):
        end = body.rfind(b"\n", begin, begin + LINE_LIMIT + 1)
        if end >= 0:
            yield body[begin : end + 1]
        else:
            end = body.index(b"\n", begin)
            yield body[begin:end]
        begin = end + 1


async def _hear_all(request: web.Request, reports: list[object], plain: bool) -> AsyncGenerator[bytes, None]:
    for begin in range(0, len(reports), REPORTS_A_TURN):
        end = begin + REPORTS_A_TURN
        answers = await _hear_some(request, reports[begin:end])
        if plain:
            yield b"".join([_line(answer) + b"\n" for answer in answers])
        else:
            texts = ",\n".join([_text(answer) for answer in answers])
            yield ((",\n" if begin else "[\n") + texts + ("" if end < len(reports) else "\n]\n")).encode()
    if not reports and not plain:
        yield b"[]\n"


async def _hear_some(request: web.Request, reports: list[object]) -> list[bytes | Problem]:
    read = [_read(request, report) for report in reports]
    answers = iter(await hear_lines(request, [line for line in read if isinstance(line, bytes)]))
    for problem in read:
        if isinstance(problem, Problem):
            log_exchange(request, _line(problem).removeprefix(b"? "), _line(problem))
    return [next(answers) if isinstance(line, bytes) else line for line in read]


def _read(request: web.Request, report: object) -> bytes | Problem:
    try:
        return read_report(request, to_fields(report))
    except Problem as problem:
        return problem


def _line(answer: bytes | Problem) -> bytes:
    return answer if isinstance(answer, bytes) else answer.answer or b"?"


def _text(answer: bytes | Problem) -> str:
    return write_report(see(answer)) if isinstance(answer, bytes) else json.dumps(to_problem_json(answer))

"""/iamat and /whatsat, the two commands of the protocol over HTTP."""

from aiohttp import hdrs, web

from herd.exchange import look_around
from herd.messages import refuse
from web.accept import FORM, JSON, PLAIN, TEXT, wants_plain
from web.admitting import check_client
from web.bodies import read_as, read_body
from web.commands.batches import answer_array, answer_lines, hear_lines, read_report
from web.commands.reading import read_report_form, read_whatsat, to_fields
from web.feed.frames import see, write_report
from web.fields import read_form, read_json
from web.keys import SERVER
from web.problems import Problem
from web.schema import to_bytes
from web.traffic import log_exchange

BODIES = (JSON, FORM, TEXT)

routes = web.RouteTableDef()


@routes.post("/iamat")
async def hear_clients(request: web.Request) -> web.StreamResponse:
    """Hear where a client is, or many are; see BODIES for the forms that a report may have."""
    kind = request.content_type
    if kind not in BODIES:
        raise Problem(415, f"a body is one of {', '.join(BODIES)}", headers={"Accept": ", ".join(BODIES)})
    body = await read_body(request)
    if kind == TEXT:
        return await answer_lines(request, body)
    if kind == FORM:
        return await _hear(request, await read_as(read_report_form, body))
    report = await read_as(read_json, body)
    if isinstance(report, list):
        return await answer_array(request, report)
    return await _hear(request, to_fields(report))


@routes.get("/whatsat")
async def look_around_client(request: web.Request) -> web.Response:
    """Say where a client is and what is near it; places that cannot be had say so in their own status."""
    node = request.app[SERVER].node
    # Not request.query, which takes bytes that are not UTF-8 for U+FFFD.
    line, question = read_whatsat(read_form(to_bytes(request.rel_url.raw_query_string)))
    check_client(request, question.client, refuse(line))
    known = node.store.newest(question.client)
    if known is None:
        raise Problem(404, "the herd does not know this client", field="client", answer=refuse(line))
    answer = await look_around(node, known, question)
    await node.turn.kept()  # the report may be of this very turn
    log_exchange(request, line, answer)
    if wants_plain(request):
        return _answer(answer + b"\n", PLAIN)
    at, _, places = answer.partition(b"\n")
    # The source's own text, but where its bytes are no text: JSON is UTF-8.
    text = places.decode("utf-8", "replace").removesuffix("\n")
    return _answer(f'{{"report":{write_report(see(at))},"places":{text}}}\n'.encode(), JSON)


async def _hear(request: web.Request, fields: dict[str, bytes]) -> web.Response:
    (answer,) = await hear_lines(request, [read_report(request, fields)])
    if wants_plain(request):
        return _answer(answer + b"\n", PLAIN)
    return _answer(write_report(see(answer)).encode() + b"\n", JSON)


def _answer(body: bytes, kind: str) -> web.Response:
    # What was true a moment ago is no answer to the next question.
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: kind, hdrs.CACHE_CONTROL: "no-store"})

"""The shape of what a server says of itself in JSON, as JSON Schema."""

from web.describe.operation import Json, ref
from web.describe.shaping import counts, either, measures, record, says
from web.operations.overview import STATES

_NUMBERS = {
    "lag": either(counts("Numbers of this server's feed that the peer has not acknowledged.")),
    "acknowledged": either(counts("The number that it acknowledged last.")),
    "cursor": either(counts("The number up to which it was told.")),
    "heard_number": either(counts("The number of its own feed up to which it was heard.")),
}

SERVER_SCHEMAS: Json = {
    "Link": record(
        "A link as the server at this end of it sees it.",
        {
            "peer": says("The server at the other end."),
            "up": {"type": "boolean", "description": "It is told our feed and acknowledges it."},
            "heard": {"type": "boolean", "description": "It tells us its feed."},
            "state": {"enum": list(STATES), "description": "repairing: digests are compared first."},
            **_NUMBERS,
            "clock_ahead": either(measures("Seconds by which its clock is ahead of ours.")),
            "eager": either(
                {
                    "type": "boolean",
                    "description": "It is told at once, as the link is of the herd's spanning tree; "
                    "else only what others have not told it.",
                }
            ),
            "reason": either(says("Why it is not told our feed.")),
        },
    ),
    "Server": record(
        "How a server is.",
        {
            "server": says("Its name."),
            "life": says("The random name of this run."),
            "clients": counts("Clients whose newest report it knows."),
            "number": counts("How far its feed has come."),
            "uptime": measures("Seconds.", minimum=0),
            "clock_off": either(measures("Seconds by which its clock is ahead of its neighbours' median.")),
            "viewers": counts("Those who watch /live and /events."),
            "links": {"type": "array", "items": ref("Link")},
            "tcp": says("Where it speaks the line protocol."),
            "http": says("Where it speaks HTTP."),
        },
        {
            "servers": {
                "type": "object",
                "description": "With all=1: the other servers by name.",
                "additionalProperties": {"oneOf": [ref("Server"), ref("Silent")]},
            }
        },
    ),
    "Silent": record("A server that does not say how it is.", {"error": says("Why.")}),
}

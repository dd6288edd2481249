"""The pieces that an OpenAPI description is put together from: operations, parameters, answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from web.accept import PROBLEM

Json = dict[str, object]
NO_HEADERS: Mapping[str, str] = {}
ABOUT_TOKENS = ("401", "403")
ORIGIN = "{origin}"  # stands in a curl line for http://host:port, as whoever reads it reached us


def ref(name: str) -> Json:
    """Return a reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """What may stand in the query, or must stand in the path."""

    name: str
    meaning: str
    schema: Json = field(default_factory=lambda: {"type": "string"})
    example: object = None
    where: str = "query"
    required: bool = False

    def to_json(self) -> Json:
        """Return it as OpenAPI has it."""
        said: Json = {"name": self.name, "in": self.where, "description": self.meaning, "schema": self.schema}
        if self.required:
            said["required"] = True
        if self.example is not None:
            said["example"] = self.example
        return said


@dataclass(frozen=True, slots=True)
class Content:
    """A body of one media type."""

    kind: str
    schema: Json
    example: object = None

    def to_json(self) -> Json:
        """Return it as OpenAPI has it."""
        return {"schema": self.schema} if self.example is None else {"schema": self.schema, "example": self.example}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a status means, and the bodies it may have."""

    meaning: str
    contents: tuple[Content, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)  # name: meaning

    def to_json(self) -> Json:
        """Return it as OpenAPI has it."""
        said: Json = {"description": self.meaning}
        if self.contents:
            said["content"] = _by_kind(self.contents)
        if self.headers:
            said["headers"] = {
                name: {"description": meaning, "schema": {"type": "string"}}
                for name, meaning in self.headers.items()
            }
        return said


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path."""

    method: str
    path: str
    summary: str
    meaning: str
    group: str
    curl: str
    answers: Mapping[str, Answer]  # by status
    parameters: tuple[Parameter, ...] = ()
    body: tuple[Content, ...] = ()
    frames: str | None = None  # the schema of what follows an answer without an end
    open: bool = False  # needs no token, whatever the settings say

    @property
    def name(self) -> str:
        """A name of its own: of the anchor on the page, and for programs that are made from the description."""
        words = [word.strip("{}").replace(".", "_") for word in self.path.split("/") if word]
        return "_".join([self.method, *(words or ["map"])])

    def to_json(self, origin: str, always: Iterable[str]) -> Json:
        """Return it as OpenAPI has it, for whoever reached us at `origin`; `always`: answers it shares with all."""
        said: Json = {
            "operationId": self.name,
            "tags": [self.group],
            "summary": self.summary,
            "description": self.meaning,
            "responses": {
                **{status: answer.to_json() for status, answer in self.answers.items()},
                **{status: {"$ref": f"#/components/responses/{status}"} for status in self._shared(always)},
            },
            "x-codeSamples": [{"lang": "Shell", "label": "curl", "source": self.curl.replace(ORIGIN, origin)}],
        }
        if self.open:
            said["security"] = []
        if self.parameters:
            said["parameters"] = [parameter.to_json() for parameter in self.parameters]
        if self.frames:
            said["x-frames"] = ref(self.frames)
        if self.body:
            said["requestBody"] = {"required": True, "content": _by_kind(self.body)}
        return said

    def _shared(self, always: Iterable[str]) -> list[str]:
        """Return the answers it shares: those that it does not describe itself, of tokens only where it asks."""
        return [
            status for status in always if status not in self.answers and not (self.open and status in ABOUT_TOKENS)
        ]


def problem(meaning: str, example: object = None, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
    """Return an answer that is a problem, or for those who prefer text the `? ` line."""
    return Answer(meaning, (Content(PROBLEM, ref("Problem"), example), text()), headers)


def text(example: str | None = None) -> Content:
    """Return a body of lines."""
    return Content("text/plain", {"type": "string"}, example)


def _by_kind(contents: Iterable[Content]) -> Json:
    return {content.kind: content.to_json() for content in contents}


SOCKET = Answer(
    "The connection is a WebSocket now.",
    headers=dict.fromkeys(("Upgrade", "Connection", "Sec-WebSocket-Accept"), "As RFC 6455 has it."),
)
NO_SOCKET = problem("This is a WebSocket, and the request is none.")
FOREIGN = problem("A page of another origin may not do this, nor a token that does not reach so far.")
FOREIGN_READER = problem(
    "A page of another origin may not do this, unless the settings let it read; nor a token for some clients only."
)
LATER = {"Retry-After": "Seconds after which to come again."}
BAD_QUERY = problem("A field of the query is malformed.")
# curl shows the handshake and the first frames, if not as a program reads them.
CURL_SOCKET = (
    "curl --include --no-buffer --max-time 2 --output - -H 'Connection: Upgrade' -H 'Upgrade: websocket' "
    "-H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: aGVyZCBsaXZlIGhlcmQhIQ=='"
)

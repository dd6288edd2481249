"""What is said of a request that cannot be granted, as RFC 9457 has it: application/problem+json."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import NotRequired, TypedDict

from web.schema import to_text


class ProblemJson(TypedDict):
    """A problem; `field` names what is wrong in a command, `answer` is what TCP would have answered."""

    type: str
    title: str
    status: int
    detail: str
    field: NotRequired[str]
    answer: str


class Problem(Exception):
    """A request that is answered by an error: its status, why, which field, and the `? ` line."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        field: str | None = None,
        answer: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.field = field
        self.answer = answer
        self.headers = headers or {}


def to_problem_json(problem: Problem) -> ProblemJson:
    """Return a problem as JSON says it."""
    said: ProblemJson = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": str(problem),
        "answer": to_text(problem.answer or b"?"),
    }
    if problem.field is not None:
        said["field"] = problem.field
    return said

"""Whether an answer of a gateway is as /openapi.json describes it."""

import re
from typing import Any

from tests.webbing import Reply
from web.describe.openapi import describe

ORIGIN = "http://127.0.0.1:8101"
KEYWORDS = {
    "type", "const", "enum", "pattern", "minimum", "maximum", "minItems", "maxItems", "items", "required",
    "properties", "additionalProperties", "oneOf", "$ref", "description", "default",
}  # fmt: skip
TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    "null": type(None),
}  # fmt: skip


class Shape:
    """The schemas of a description, and whether a value has one's shape.

    Stricter than JSON Schema: a field that is not described, or a keyword that is not known here, is an error.
    """

    def __init__(self, description: dict[str, Any]) -> None:
        self.schemas = description["components"]["schemas"]

    def check(self, value: Any, schema: dict[str, Any], where: str = "$") -> None:
        """AssertionError where the value is not as the schema says."""
        assert set(schema) <= KEYWORDS, f"{where}: {set(schema) - KEYWORDS}"
        if "$ref" in schema:
            self.check(value, self.schemas[schema["$ref"].removeprefix("#/components/schemas/")], where)
        if "oneOf" in schema:
            fits = [option for option in schema["oneOf"] if self._fits(value, option)]
            assert len(fits) == 1, f"{where}: {len(fits)} of {len(schema['oneOf'])} fit {value!r}"
        if "type" in schema:
            self._check_type(value, schema["type"], where)
        assert value == schema.get("const", value), where
        assert value in schema.get("enum", [value]), where
        if isinstance(value, str):
            assert re.search(schema.get("pattern", ""), value), f"{where}: {value!r}"
        elif isinstance(value, list):
            assert schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)), where
            for place, item in enumerate(value):
                self.check(item, schema.get("items", {}), f"{where}[{place}]")
        elif isinstance(value, dict) and schema.get("type") == "object":
            self._check_fields(value, schema, where)
        elif isinstance(value, int | float):
            assert schema.get("minimum", value) <= value <= schema.get("maximum", value), f"{where}: {value}"

    def _check_type(self, value: Any, types: str | list[str], where: str) -> None:
        names = [types] if isinstance(types, str) else types
        assert any(
            isinstance(value, TYPES[name]) and (name == "boolean") == isinstance(value, bool) for name in names
        ), f"{where}: {value!r} is not {types}"

    def _check_fields(self, value: dict[str, Any], schema: dict[str, Any], where: str) -> None:
        known, others = schema.get("properties", {}), schema.get("additionalProperties", False)
        assert set(schema.get("required", ())) <= set(value), f"{where}: {set(value)}"
        for name, field in value.items():
            assert name in known or others, f"{where}: {name} is not described"
            self.check(field, known.get(name, others if isinstance(others, dict) else {}), f"{where}.{name}")

    def _fits(self, value: Any, schema: dict[str, Any]) -> bool:
        try:
            self.check(value, schema)
        except AssertionError:
            return False
        return True


def described_path(path: str) -> str:
    """Return the path as the description has it."""
    return re.sub("^/clients/.*", "/clients/{id}", path.partition("?")[0])


def check_reply(method: str, path: str, reply: Reply) -> None:
    """AssertionError where an answer is not as described."""
    described: Any = describe(ORIGIN)
    answer = described["paths"][described_path(path)][method]["responses"][str(reply.status)]
    if "$ref" in answer:
        answer = described["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    assert {name.lower() for name in answer.get("headers", ())} <= {name.lower() for name in reply.headers}
    if "content" not in answer:
        assert reply.body == b""
        return
    content = answer["content"][reply.kind.partition(";")[0]]
    Shape(described).check(reply.json if "json" in reply.kind else reply.body.decode(), content["schema"])

"""Pieces of JSON Schema: what a field says, counts or measures, and the records they make up."""

from web.describe.operation import Json


def either(schema: Json) -> Json:
    """Return the schema of something that may be null."""
    return {"oneOf": [schema, {"type": "null"}]}


def says(meaning: str, **more: object) -> Json:
    """Return the schema of a text."""
    return {"type": "string", "description": meaning, **more}


def counts(meaning: str) -> Json:
    """Return the schema of a count."""
    return {"type": "integer", "minimum": 0, "description": meaning}


def measures(meaning: str, **more: object) -> Json:
    """Return the schema of a number."""
    return {"type": "number", "description": meaning, **more}


def many(items: Json, least: int = 0) -> Json:
    """Return the schema of a list of at least so many."""
    return {"type": "array", "items": items, **({"minItems": least} if least else {})}


def record(meaning: str, fields: Json, optional: Json | None = None) -> Json:
    """Return the schema of an object that has all of these fields, and may have the optional ones."""
    return {
        "type": "object",
        "description": meaning,
        "required": list(fields),
        "properties": {**fields, **(optional or {})},
    }

"""Whether JSON is what a schema of the API's description says; a keyword that nobody here knows is an error."""

import re
from typing import Any

from msgspec import json

from aggregator.web.operations import description

NOTES = {"title", "description", "default", "minimum", "maximum"}
KNOWN = NOTES | {"$ref", "anyOf", "type", "enum", "properties", "required", "additionalProperties", "items"}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
DESCRIBED: dict[str, Any] = json.decode(json.encode(description("")))


def wrong(value: Any, schema: dict[str, Any], where: str = "$") -> list[str]:  # noqa: ANN401 - JSON is anything
    """What of the value is not as the schema says, by place. Keys that a schema does not name are wrong, too."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        return wrong(value, DESCRIBED["components"]["schemas"][name], where)
    if "anyOf" in schema:
        tried = [wrong(value, one, where) for one in schema["anyOf"]]
        return [] if [] in tried else [f"{where}: none of {tried}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is none of {schema['enum']}"]
    return _typed(value, schema, where) if "type" in schema else []


def unlike(method: str, path: str, status: int, value: object) -> list[str]:
    """What of an answer of the API is not as its description says."""
    operation = DESCRIBED["paths"][template(path)][method.lower()]
    said = operation["responses"].get(str(status)) or operation["responses"][f"{status // 100}XX"]
    if "content" not in said:
        return [] if value is None else [f"$: {value!r} where nothing is"]
    (body,) = said["content"].values()
    return wrong(value, body["schema"])


def template(path: str) -> str:
    """The path of the description that a request's path is one of; those without parameters come first."""
    bare = path.partition("?")[0]
    found: list[str] = [one for one in DESCRIBED["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), bare)]
    return min(found, key=lambda one: one.count("{"))


def _typed(value: Any, schema: dict[str, Any], where: str) -> list[str]:  # noqa: ANN401 - as above
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if not any(_is(value, one) for one in types):
        return [f"{where}: {value!r} is no {' or '.join(types)}"]
    if isinstance(value, list):
        return [fault for n, one in enumerate(value) for fault in wrong(one, schema["items"], f"{where}[{n}]")]
    return _keys(value, schema, where) if isinstance(value, dict) else []


def _is(value: object, name: str) -> bool:
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _keys(value: dict[str, Any], schema: dict[str, Any], where: str) -> list[str]:
    keys, more = schema.get("properties", {}), schema.get("additionalProperties", False)
    faults = [f"{where}: {key} is missing" for key in schema.get("required", []) if key not in value]
    for key, held in value.items():
        rule = keys.get(key, more)
        faults += [f"{where}: {key} is not described"] if rule is False else wrong(held, rule, f"{where}.{key}")
    return faults

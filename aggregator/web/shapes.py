"""JSON Schemas of what the API takes and gives: of its answers' values, and of the tables that read entries."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import UnionType
from typing import get_args, get_type_hints

from msgspec import Struct, json

from aggregator.administration import LIVE, PAUSED
from aggregator.entries import BoardSeed, TopicSeed, kinds
from aggregator.kinds import FLAG, SIZE
from aggregator.recipe import Recipe
from aggregator.settings import PollingSettings
from aggregator.web.problems import Problem
from aggregator.web.replies import REPLIES

Schema = dict[str, object]
_PLACE = "#/components/schemas/{name}"
_PLAIN: dict[object, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    str: {"type": "string"},
    timedelta: {"type": "string"},
    Recipe: {"$ref": _PLACE.format(name="Recipe")},
}
_NULL: Schema = {"type": "null"}
_LINK: Schema = {"anyOf": [{"type": "string"}, _NULL]}


def ref(name: str) -> Schema:
    """Where a schema stands in the description."""
    return {"$ref": _PLACE.format(name=name)}


def components() -> dict[str, Schema]:
    """All schemas by name. A board or topic is sent, changed, listed and shown in shapes that differ a little."""
    _, told = json.schema_components((*REPLIES, Problem, Recipe), ref_template=_PLACE, schema_hook=_anything)
    entries: dict[str, Schema] = {}
    for name, kind, extra, needed in (
        ("Board", BoardSeed, {PAUSED: _PLAIN[bool] | {"description": FLAG.allowed}}, ("slug", "url")),
        ("Topic", TopicSeed, {}, ("slug", "title", "filter")),
    ):
        keys = properties(kind) | extra
        seed: dict[str, Schema] = {"seed": {"anyOf": [ref(name), _NULL]}, "status": ref("Status")}
        entries[name] = _table(keys, needed)
        entries[f"{name}Change"] = _table(_or_null(keys))
        entries[f"{name}Shown"] = _table(keys | seed, (*needed, "seed"))
        listed: dict[str, Schema] = {f"{name.lower()}s": _list(ref(f"{name}Shown")), "next_url": _LINK}
        entries[f"{name}s"] = _table(listed, listed)
    entries["TopicSaid"] = _table(properties(TopicSeed), ("filter",))
    entries["SettingsChange"] = _table(_or_null(properties(PollingSettings, LIVE)))
    entries["Settings"] = _table({key: ref("Setting") for key in LIVE}, LIVE)
    return {**told, **entries}


def properties(kind: type[Struct], chosen: Iterable[str] = ()) -> dict[str, Schema]:
    """The schemas of a table's keys, of the ``chosen`` ones alone where there are any."""
    readers, hints = kinds(kind), get_type_hints(kind)
    sized: Schema = {"type": ["integer", "string"]}
    return {
        key: (sized if readers[key] is SIZE else _typed(hints[key])) | {"description": readers[key].allowed}
        for key in chosen or readers
    }


def _typed(hint: object) -> Schema:
    """The schema of a value of that type as it is written; None is said by leaving the key out."""
    if isinstance(hint, UnionType):
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    if hint in _PLAIN:
        return _PLAIN[hint]
    return _list(_PLAIN[get_args(hint)[0]])


def _anything(kind: type) -> Schema:
    """The schema of what may be anything; an empty one would be taken for none."""
    if kind is object:
        return {"description": "Any JSON"}
    raise NotImplementedError(kind)


def _or_null(keys: Mapping[str, Schema]) -> dict[str, Schema]:
    """Null takes a key back to what it is for every other."""
    return {key: {"anyOf": [said, _NULL]} for key, said in keys.items()}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _table(keys: Mapping[str, Schema], needed: Iterable[str] = ()) -> Schema:
    return {"type": "object", "properties": keys, "required": list(needed), "additionalProperties": False}

"""settings.toml and ``AGGREGATOR_<SECTION>_<KEY>`` variables to frozen values; a wrong one names file, key and wish.

Rule: the file first, then the variables over it; everything is validated once and never read again. An unknown key is
an error that names the nearest known one. Secrets are taken from the environment alone.
"""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, TypeVar, get_args, get_type_hints
from urllib.parse import urlsplit

from msgspec import Struct, structs

from aggregator.errors import SettingsError
from aggregator.kinds import (
    ACTIVE,
    BACKFILL,
    CRON,
    DURATION,
    FILTER,
    FLAG,
    HOSTS,
    LINE,
    LINE_OR_EMPTY,
    PAGES,
    PROXY,
    PROXY_FOR_ALL,
    RECIPE,
    SIZE,
    SLUG,
    SPAN,
    STORE_URL,
    TAGS,
    WEB,
    WEB_OR_EMPTY,
    WORD,
    ZONE,
    Kind,
    whole,
)
from aggregator.manners import Manners
from aggregator.model import BoardSpec, Topic
from aggregator.recipe import Recipe
from aggregator.timing import Timing

PREFIX = "AGGREGATOR_"
LONGEST_DAYS = 36_500
MOST_ROWS = 1_000_000_000


class ServerSettings(Struct, frozen=True):
    """Where the server listens and where people reach it."""

    host: Annotated[str, WORD] = "127.0.0.1"
    port: Annotated[int, whole(0, 65535)] = 8000
    public_url: Annotated[str, WEB_OR_EMPTY] = ""


class StoreSettings(Struct, frozen=True):
    """Where headlines are kept."""

    url: Annotated[str, STORE_URL] = "sqlite:///aggregator.db"


class PollingSettings(Struct, frozen=True):
    """How boards are asked."""

    interval: Annotated[timedelta, SPAN] = timedelta(minutes=10)
    floor: Annotated[timedelta, SPAN] = timedelta(minutes=5)
    concurrency: Annotated[int, whole(1, 10_000)] = 20
    host_gap: Annotated[timedelta, DURATION] = timedelta(seconds=1)
    timeout: Annotated[timedelta, SPAN] = timedelta(seconds=30)
    connect_timeout: Annotated[timedelta, SPAN] = timedelta(seconds=10)
    read_timeout: Annotated[timedelta, SPAN] = timedelta(seconds=15)
    max_bytes: Annotated[int, SIZE] = 5_000_000
    pages: Annotated[int, PAGES] = 10
    walk_bytes: Annotated[int, SIZE] = 20_000_000
    walk_time: Annotated[timedelta, SPAN] = timedelta(minutes=1)
    host_pages: Annotated[int, whole(1, 100_000)] = 1_000
    allow_private: Annotated[tuple[str, ...], HOSTS] = ()
    proxy: Annotated[str, PROXY_FOR_ALL] = ""
    timezone: Annotated[str, ZONE] = "Asia/Seoul"
    user_agent: Annotated[str, LINE] = "headline-aggregator/{version} (+{contact})"
    contact: Annotated[str, LINE_OR_EMPTY] = ""


class RetentionSettings(Struct, frozen=True):
    """How long things are kept: 0 is for ever."""

    keep_days: Annotated[int, whole(0, LONGEST_DAYS)] = 0
    keep_rows: Annotated[int, whole(0, MOST_ROWS)] = 0
    keep_polls_days: Annotated[int, whole(0, LONGEST_DAYS)] = 0
    every: Annotated[timedelta, SPAN] = timedelta(hours=6)


class BoardSeed(Struct, frozen=True):
    """One ``[[board]]``; an empty ``timezone`` or ``every`` is the one of ``[polling]``."""

    slug: Annotated[str, SLUG]
    url: Annotated[str, WEB]
    name: Annotated[str, LINE_OR_EMPTY] = ""
    timezone: Annotated[str, ZONE] = ""
    every: Annotated[timedelta | None, SPAN] = None
    backfill: Annotated[str, BACKFILL] = "none"
    keep_days: Annotated[int | None, whole(0, LONGEST_DAYS)] = None
    keep_rows: Annotated[int | None, whole(0, MOST_ROWS)] = None
    tags: Annotated[tuple[str, ...], TAGS] = ()
    recipe: Annotated[Recipe | None, RECIPE] = None
    cookies: Annotated[bool, FLAG] = False
    ignore_robots: Annotated[bool, FLAG] = False
    insecure: Annotated[bool, FLAG] = False
    proxy: Annotated[str, PROXY] = ""
    pages: Annotated[int | None, PAGES] = None
    cron: Annotated[str, CRON] = ""
    adaptive: Annotated[bool, FLAG] = False
    active: Annotated[str, ACTIVE] = ""
    freshness: Annotated[timedelta, SPAN] = timedelta(minutes=5)
    ceiling: Annotated[timedelta, SPAN] = timedelta(hours=24)


class TopicSeed(Struct, frozen=True):
    """One ``[[topic]]``."""

    slug: Annotated[str, SLUG]
    title: Annotated[str, LINE]
    filter: Annotated[str, FILTER]


class Settings(Struct, frozen=True):
    """Everything settings.toml says, validated."""

    server: ServerSettings = ServerSettings()
    store: StoreSettings = StoreSettings()
    polling: PollingSettings = PollingSettings()
    retention: RetentionSettings = RetentionSettings()
    boards: tuple[BoardSpec, ...] = ()
    topics: tuple[Topic, ...] = ()

    @property
    def public_url(self) -> str:
        """The root of all absolute URLs, without a slash at its end."""
        return (self.server.public_url or f"http://{self.server.host}:{self.server.port}").rstrip("/")


SECTIONS: dict[str, type[Struct]] = {
    "server": ServerSettings,
    "store": StoreSettings,
    "polling": PollingSettings,
    "retention": RetentionSettings,
}
LISTS: dict[str, type[Struct]] = {"board": BoardSeed, "topic": TopicSeed}
Section = TypeVar("Section", bound=Struct)


def kinds(section: type[Struct]) -> dict[str, Kind]:
    """Return a section's keys with how each is read."""
    return {key: get_args(hint)[1] for key, hint in get_type_hints(section, include_extras=True).items()}


def load(file: Path, environ: Mapping[str, str]) -> Settings:
    """Read ``file`` and the variables over it; raises SettingsError with a sentence for the first thing wrong."""
    raw = _tables(file)
    for name in raw:
        _refuse_unknown(name, [*SECTIONS, *LISTS], f"{file}: section [{name}]")
    places: dict[str, dict[str, str]] = {name: {} for name in SECTIONS}
    _override(raw, places, environ)
    sections = {
        name: _section(kind, _table(raw.get(name, {}), f"{file}: [{name}]"), f"{file}: [{name}]", places[name])
        for name, kind in SECTIONS.items()
    }
    settings = Settings(**sections)  # type: ignore[arg-type] # each name holds its own section's type by SECTIONS
    for section, key, url in (("store", "url", settings.store.url), ("polling", "proxy", settings.polling.proxy)):
        if key not in places[section] and urlsplit(url).password:
            variable = f"{PREFIX}{section}_{key}".upper()
            raise SettingsError(f"{file}: [{section}] {key} holds a password; give the whole URL in {variable} instead")
    return structs.replace(settings, boards=_boards(file, raw, settings), topics=_topics(file, raw))


def _tables(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: is not TOML: {error}") from error


def _table(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise SettingsError(f"{where}: found {value!r}; allowed: a table of keys")
    return dict(value)


def _override(raw: dict[str, object], places: dict[str, dict[str, str]], environ: Mapping[str, str]) -> None:
    known = {f"{PREFIX}{name}_{key}".upper(): (name, key) for name, kind in SECTIONS.items() for key in kinds(kind)}
    for variable in sorted(environ):
        if variable.startswith(PREFIX):
            _refuse_unknown(variable, list(known), f"environment: {variable}")
            name, key = known[variable]
            raw[name] = {**_table(raw.get(name, {}), f"[{name}]"), key: environ[variable]}
            places[name][key] = f"environment: {variable}"


def _section(kind: type[Section], table: dict[str, object], where: str, places: Mapping[str, str]) -> Section:
    readers = kinds(kind)
    values: dict[str, object] = {}
    for key, value in table.items():
        place = places.get(key, f"{where} {key}")
        _refuse_unknown(key, list(readers), place)
        try:
            values[key] = readers[key].parse(value)
        except ValueError as error:
            why = f" ({error.args[1]})" if len(error.args) > 1 else ""
            raise SettingsError(f"{place}: found {value!r}{why}; allowed: {readers[key].allowed}") from error
    for field in structs.fields(kind):
        if field.required and field.name not in values:
            raise SettingsError(f"{where}: {field.name} is missing; allowed: {readers[field.name].allowed}")
    return kind(**values)


def _refuse_unknown(name: str, known: list[str], place: str) -> None:
    if name not in known:
        near = get_close_matches(name, known, 1, 0.0)
        raise SettingsError(f"{place}: is not known; the nearest is {near[0]}; allowed: {', '.join(known)}")


def _entries(file: Path, raw: Mapping[str, object], name: str, kind: type[Section]) -> list[Section]:
    listed = raw.get(name, [])
    if not isinstance(listed, list):
        raise SettingsError(f"{file}: [{name}] found a single table; allowed: [[{name}]], once for each")
    seeds = [
        _section(kind, _table(one, f"{file}: [[{name}]]"), f"{file}: [[{name}]] number {place}", {})
        for place, one in enumerate(listed, 1)
    ]
    slugs = [structs.asdict(seed)["slug"] for seed in seeds]
    if twice := sorted({slug for slug in slugs if slugs.count(slug) > 1}):
        raise SettingsError(f"{file}: [[{name}]] slug: found {twice[0]!r} twice; allowed: each slug once")
    return seeds


def _boards(file: Path, raw: Mapping[str, object], settings: Settings) -> tuple[BoardSpec, ...]:
    polling = settings.polling
    specs = []
    for seed in _entries(file, raw, "board", BoardSeed):
        every = seed.every or polling.interval
        if seed.every is not None and every < polling.floor:
            raise SettingsError(
                f"{file}: [[board]] {seed.slug} every: found {every}; allowed: at least the floor, {polling.floor}"
            )
        zone = seed.timezone or polling.timezone
        spec = BoardSpec(slug=seed.slug, name=seed.name or seed.slug, url=seed.url, timezone=zone, every=every)
        manners = Manners(**{key: getattr(seed, key) for key in Manners.__struct_fields__})
        taken = {key: getattr(seed, key) for key in ("recipe", "backfill", "keep_days", "keep_rows", "tags")}
        timing = Timing(**{key: getattr(seed, key) for key in Timing.__struct_fields__})
        specs.append(structs.replace(spec, manners=manners, timing=timing, **taken))
    return tuple(specs)


def _topics(file: Path, raw: Mapping[str, object]) -> tuple[Topic, ...]:
    seeds = _entries(file, raw, "topic", TopicSeed)
    return tuple(Topic(slug=seed.slug, title=seed.title, filter=seed.filter) for seed in seeds)

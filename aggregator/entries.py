"""Boards and topics as they are written, in settings.toml, the API and the record of changes; who is told of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, TypeVar, get_args, get_type_hints

from msgspec import Struct, json, structs

from aggregator.errors import SettingsError
from aggregator.kinds import (
    ACTIVE,
    BACKFILL,
    CRON,
    DURATION,
    FILTER,
    FLAG,
    LINE,
    LINE_OR_EMPTY,
    MAILBOX,
    MAILBOXES,
    PAGES,
    PROXY,
    RECIPE,
    SECURITY,
    SLUG,
    SPAN,
    STATES,
    TAGS,
    WEB,
    WORD_OR_EMPTY,
    ZONE,
    Kind,
    whole,
)
from aggregator.manners import Manners
from aggregator.model import BoardSpec, State, Topic
from aggregator.recipe import Recipe
from aggregator.timing import Timing, spoken

LONGEST_DAYS = 36_500
MOST_ROWS = 1_000_000_000
Section = TypeVar("Section", bound=Struct)
_PLAIN = ("recipe", "backfill", "keep_days", "keep_rows", "tags", "private")


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
    private: Annotated[bool, FLAG] = False
    recipe: Annotated[Recipe | None, RECIPE] = None
    cookies: Annotated[bool, FLAG] = False
    ignore_robots: Annotated[bool, FLAG] = False
    insecure: Annotated[bool, FLAG] = False
    proxy: Annotated[str, PROXY] = ""
    pages: Annotated[int | None, PAGES] = None
    cron: Annotated[str, CRON] = ""
    adaptive: Annotated[bool, FLAG] = False
    active: Annotated[str, ACTIVE] = ""
    floor: Annotated[timedelta, DURATION] = timedelta()
    freshness: Annotated[timedelta, SPAN] = timedelta(minutes=5)
    ceiling: Annotated[timedelta, SPAN] = timedelta(hours=24)


class TopicSeed(Struct, frozen=True):
    """One ``[[topic]]``."""

    slug: Annotated[str, SLUG]
    title: Annotated[str, LINE]
    filter: Annotated[str, FILTER]
    private: Annotated[bool, FLAG] = False


class WebhookSeed(Struct, frozen=True):
    """One ``[[webhook]]``: whose URL is told of boards that come into one of ``states``."""

    slug: Annotated[str, SLUG]
    url: Annotated[str, WEB]
    states: Annotated[tuple[State, ...], STATES] = get_args(State)


class Webhook(Struct, frozen=True, kw_only=True):
    """A webhook with the ``key`` its messages are signed by; None where nobody has said its secret."""

    slug: str
    url: str
    states: tuple[State, ...] = get_args(State)
    key: bytes | None = None

    def __repr__(self) -> str:
        return f"Webhook({self.slug!r}, {self.url!r}, {self.states!r})"


class MailSettings(Struct, frozen=True):
    """Who is told by e-mail of boards that come into one of ``states``, by which server; without a ``host`` nobody."""

    host: Annotated[str, WORD_OR_EMPTY] = ""
    port: Annotated[int, whole(1, 65535)] = 587
    security: Annotated[str, SECURITY] = "starttls"
    username: Annotated[str, LINE_OR_EMPTY] = ""
    sender: Annotated[str, MAILBOX] = ""
    to: Annotated[tuple[str, ...], MAILBOXES] = ()
    states: Annotated[tuple[State, ...], STATES] = get_args(State)

    def require(self, where: str) -> None:
        """Nothing, where letters could be sent or nobody wants any; else SettingsError."""
        for key in ("sender", "to"):
            if self.host and not getattr(self, key):
                raise SettingsError(f"{where} {key} is missing; allowed: empty where host is", field=key)
        if self.host and self.username and self.security == "none":
            raise SettingsError.wrong(f"{where} security", "none", "starttls or tls, with a username", field="security")


class Password(Struct, frozen=True):
    """A password, which no repr says."""

    said: str = ""

    def __repr__(self) -> str:
        return "Password(…)"


def kinds(section: type[Struct]) -> dict[str, Kind]:
    """Return a section's keys with how each is read."""
    return {key: get_args(hint)[1] for key, hint in get_type_hints(section, include_extras=True).items()}


def section(kind: type[Section], table: dict[str, object], where: str, places: Mapping[str, str]) -> Section:
    """The value of ``kind`` that a table says. Raises SettingsError for the first thing wrong, named by its place."""
    readers = kinds(kind)
    values: dict[str, object] = {}
    for key, value in table.items():
        place = places.get(key, f"{where} {key}")
        refuse_unknown(key, list(readers), place)
        try:
            values[key] = readers[key].parse(value)
        except ValueError as error:
            why = f" ({error.args[1]})" if len(error.args) > 1 else ""
            raise SettingsError.wrong(place, value, readers[key].allowed, field=key, why=why) from error
    for field in structs.fields(kind):
        if field.required and field.name not in values:
            allowed = readers[field.name].allowed
            raise SettingsError(
                f"{where}: {field.name} is missing; allowed: {allowed}", field=field.name, allowed=allowed
            )
    return kind(**values)


def refuse_twice(seeds: Sequence[Struct], keys: Sequence[str], where: str) -> None:
    """Nothing where no two entries say the same of any of ``keys``; else SettingsError."""
    for key in keys:
        counted = Counter(getattr(seed, key) for seed in seeds)
        for twice in sorted(said for said, count in counted.items() if count > 1):
            raise SettingsError.wrong(f"{where} {key}", twice, f"each {key} once", field=key, why=" twice")


def refuse_unknown(name: str, known: list[str], place: str) -> None:
    """Nothing for a known name; else SettingsError with the nearest one."""
    if name not in known:
        near = get_close_matches(name, known, 1, 0.0)
        allowed = ", ".join(known)
        raise SettingsError(
            f"{place}: is not known; the nearest is {near[0]}; allowed: {allowed}", field=name, allowed=allowed
        )


def board(seed: BoardSeed, interval: timedelta, zone: str, floor: timedelta, where: str) -> BoardSpec:
    """The board that an entry describes; ``interval`` and ``zone`` are those of one that names none.

    Raises SettingsError where it would be polled more often than the ``floor``.
    """
    every = seed.every or interval
    if seed.every is not None and every < floor:
        raise SettingsError.wrong(
            f"{where} every", spoken(every), f"at least the floor, {spoken(floor)}", field="every"
        )
    return BoardSpec(
        slug=seed.slug,
        name=seed.name or seed.slug,
        url=seed.url,
        timezone=seed.timezone or zone,
        every=every,
        follows=seed.every is None,
        inherits_zone=not seed.timezone,
        manners=Manners(**{key: getattr(seed, key) for key in Manners.__struct_fields__}),
        timing=Timing(**{key: getattr(seed, key) for key in Timing.__struct_fields__}),
        **{key: getattr(seed, key) for key in _PLAIN},
    )


def written(spec: BoardSpec) -> dict[str, object]:
    """The entry that says a board, by keys of BoardSeed; what is as for every board is left out."""
    said = {"slug": spec.slug, "name": spec.name, "url": spec.url, "timezone": spec.timezone}
    said |= {"every": None if spec.follows else spec.every} | structs.asdict(spec.manners) | structs.asdict(spec.timing)
    said |= {key: getattr(spec, key) for key in _PLAIN}
    usual = {field.name: field.default for field in structs.fields(BoardSeed)}
    return {key: _written(value) for key, value in said.items() if value != usual[key]}


def written_topic(topic: Topic) -> dict[str, object]:
    """The entry that says a topic, by keys of TopicSeed; what is as for every topic is left out."""
    said = structs.asdict(topic)
    return said if topic.private else {key: value for key, value in said.items() if key != "private"}


def _written(value: object) -> object:
    return spoken(value) if isinstance(value, timedelta) else json.decode(json.encode(value))

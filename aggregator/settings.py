"""settings.toml and ``AGGREGATOR_<SECTION>_<KEY>`` variables to frozen values; a wrong one names file, key and wish.

Rule: the file first, then the variables over it; everything is validated once and never read again. An unknown key is
an error that names the nearest known one. Secrets are taken from the environment alone.
"""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Struct, structs

from aggregator import signing
from aggregator.entries import (
    LONGEST_DAYS,
    MOST_ROWS,
    BoardSeed,
    MailSettings,
    Password,
    Section,
    TopicSeed,
    Webhook,
    WebhookSeed,
    board,
    kinds,
    refuse_twice,
    refuse_unknown,
    section,
)
from aggregator.errors import SettingsError
from aggregator.kinds import (
    ADDRESSES,
    CRON,
    DURATION,
    FLAG,
    HOSTS,
    LINE,
    LINE_OR_EMPTY,
    LOG_FORMAT,
    PAGES,
    PROXY_FOR_ALL,
    PUBLIC_URL,
    SIZE,
    SPAN,
    STORE_URL,
    URLS,
    WORD,
    ZONE,
    whole,
)
from aggregator.model import BoardSpec, Topic

PREFIX = "AGGREGATOR_"
# No setting: what `aggregator reload` shows the server.
TOKEN = "AGGREGATOR_TOKEN"  # noqa: S105 - a variable's name
WEBHOOK = f"{PREFIX}WEBHOOK_"
MAIL_PASSWORD = f"{PREFIX}MAIL_PASSWORD"


class ServerSettings(Struct, frozen=True):
    """Where the server listens and where people reach it."""

    host: Annotated[str, WORD] = "127.0.0.1"
    port: Annotated[int, whole(0, 65535)] = 8000
    public_url: Annotated[str, PUBLIC_URL] = ""
    trusted_proxies: Annotated[tuple[str, ...], ADDRESSES] = ()
    cache: Annotated[int, SIZE] = 64_000_000
    renders: Annotated[int, whole(1, 1_000)] = 4
    waiting: Annotated[int, whole(1, 100_000)] = 100
    per_minute: Annotated[int, whole(1, 1_000_000)] = 600


class StoreSettings(Struct, frozen=True):
    """Where headlines are kept."""

    url: Annotated[str, STORE_URL] = "sqlite:///aggregator.db"


class PollingSettings(Struct, frozen=True):
    """How boards are asked."""

    paused: Annotated[bool, FLAG] = False
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


class LogSettings(Struct, frozen=True):
    """How the log is written."""

    format: Annotated[str, LOG_FORMAT] = "text"
    requests: Annotated[bool, FLAG] = False


class RetentionSettings(Struct, frozen=True):
    """How long things are kept: 0 is for ever."""

    keep_days: Annotated[int, whole(0, LONGEST_DAYS)] = 0
    keep_rows: Annotated[int, whole(0, MOST_ROWS)] = 0
    keep_polls_days: Annotated[int, whole(0, LONGEST_DAYS)] = 0


class HousekeepingSettings(Struct, frozen=True):
    """When what is done beside polling is done, by cron expressions in [polling]'s zone; empty: never."""

    retention: Annotated[str, CRON] = "17 */6 * * *"
    audit: Annotated[str, CRON] = "41 4 * * *"
    robots: Annotated[str, CRON] = "7 * * * *"
    backup: Annotated[str, CRON] = ""
    backup_folder: Annotated[str, LINE] = "backups"
    keep_backups: Annotated[int, whole(1, 10_000)] = 7


class PushSettings(Struct, frozen=True):
    """Who is told of news, and how: the WebSub hub and event streams."""

    hub: Annotated[bool, FLAG] = True
    lease: Annotated[timedelta, SPAN] = timedelta(days=10)
    lease_most: Annotated[timedelta, SPAN] = timedelta(days=30)
    subscriptions: Annotated[int, whole(1, 10_000_000)] = 100_000
    host_subscriptions: Annotated[int, whole(1, 10_000_000)] = 10_000
    concurrency: Annotated[int, whole(1, 10_000)] = 50
    timeout: Annotated[timedelta, SPAN] = timedelta(seconds=10)
    allow_private: Annotated[tuple[str, ...], HOSTS] = ()
    streams: Annotated[int, whole(0, 100_000)] = 500
    publish: Annotated[tuple[str, ...], URLS] = ()


class Settings(Struct, frozen=True):
    """Everything settings.toml says, validated."""

    server: ServerSettings = ServerSettings()
    store: StoreSettings = StoreSettings()
    polling: PollingSettings = PollingSettings()
    retention: RetentionSettings = RetentionSettings()
    housekeeping: HousekeepingSettings = HousekeepingSettings()
    push: PushSettings = PushSettings()
    log: LogSettings = LogSettings()
    mail: MailSettings = MailSettings()
    mail_password: Password = Password()
    boards: tuple[BoardSpec, ...] = ()
    topics: tuple[Topic, ...] = ()
    webhooks: tuple[Webhook, ...] = ()

    @property
    def public_url(self) -> str:
        """The root of all absolute URLs, without a slash at its end."""
        return (self.server.public_url or f"http://{self.server.host}:{self.server.port}").rstrip("/")

    @property
    def hubs(self) -> tuple[str, ...]:
        """The hubs that public feeds name."""
        return (*((f"{self.public_url}/hub",) if self.push.hub else ()), *self.push.publish)


SECTIONS: dict[str, type[Struct]] = {
    "server": ServerSettings,
    "store": StoreSettings,
    "polling": PollingSettings,
    "retention": RetentionSettings,
    "housekeeping": HousekeepingSettings,
    "push": PushSettings,
    "log": LogSettings,
    "mail": MailSettings,
}
LISTS: dict[str, type[Struct]] = {"board": BoardSeed, "topic": TopicSeed, "webhook": WebhookSeed}


def load(file: Path, environ: Mapping[str, str]) -> Settings:
    """Read ``file`` and the variables over it; raises SettingsError with a sentence for the first thing wrong."""
    raw = _tables(file)
    for name in raw:
        refuse_unknown(name, [*SECTIONS, *LISTS], f"{file}: section [{name}]")
    places: dict[str, dict[str, str]] = {name: {} for name in SECTIONS}
    _override(raw, places, environ)
    sections = {
        name: section(kind, _table(raw.get(name, {}), f"{file}: [{name}]"), f"{file}: [{name}]", places[name])
        for name, kind in SECTIONS.items()
    }
    settings = Settings(**sections)  # type: ignore[arg-type] # each name holds its own section's type by SECTIONS
    for name, key, url in (("store", "url", settings.store.url), ("polling", "proxy", settings.polling.proxy)):
        if key not in places[name] and urlsplit(url).password:
            variable = f"{PREFIX}{name}_{key}".upper()
            raise SettingsError(f"{file}: [{name}] {key} holds a password; give the whole URL in {variable} instead")
    if settings.housekeeping.backup and not settings.store.url.startswith("sqlite"):
        place = places["housekeeping"].get("backup", f"{file}: [housekeeping] backup")
        raise SettingsError(f"{place}: PostgreSQL is backed up by its own tools; allowed: empty")
    settings.mail.require(f"{file}: [mail]")
    return structs.replace(
        settings,
        mail_password=Password(environ.get(MAIL_PASSWORD, "")),
        boards=_boards(file, raw, settings.polling),
        topics=_topics(file, raw),
        webhooks=_webhooks(file, raw, environ),
    )


def _tables(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: is not TOML: {error}") from error


def _table(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise SettingsError.wrong(where, value, "a table of keys")
    return dict(value)


def _override(raw: dict[str, object], places: dict[str, dict[str, str]], environ: Mapping[str, str]) -> None:
    known = {f"{PREFIX}{name}_{key}".upper(): (name, key) for name, kind in SECTIONS.items() for key in kinds(kind)}
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and variable not in (TOKEN, MAIL_PASSWORD) and not variable.startswith(WEBHOOK):
            refuse_unknown(variable, list(known), f"environment: {variable}")
            name, key = known[variable]
            raw[name] = {**_table(raw.get(name, {}), f"[{name}]"), key: environ[variable]}
            places[name][key] = f"environment: {variable}"


def _entries(file: Path, raw: Mapping[str, object], name: str, kind: type[Section]) -> list[Section]:
    listed = raw.get(name, [])
    if not isinstance(listed, list):
        raise SettingsError(f"{file}: [{name}] found a single table; allowed: [[{name}]], once for each")
    seeds = [
        section(kind, _table(one, f"{file}: [[{name}]]"), f"{file}: [[{name}]] number {place}", {})
        for place, one in enumerate(listed, 1)
    ]
    refuse_twice(seeds, ("slug", "url") if kind is BoardSeed else ("slug",), f"{file}: [[{name}]]")
    return seeds


def _boards(file: Path, raw: Mapping[str, object], polling: PollingSettings) -> tuple[BoardSpec, ...]:
    return tuple(
        board(seed, polling.interval, polling.timezone, polling.floor, f"{file}: [[board]] {seed.slug}")
        for seed in _entries(file, raw, "board", BoardSeed)
    )


def _topics(file: Path, raw: Mapping[str, object]) -> tuple[Topic, ...]:
    seeds = _entries(file, raw, "topic", TopicSeed)
    return tuple(Topic(slug=seed.slug, title=seed.title, filter=seed.filter, private=seed.private) for seed in seeds)


def secret_variable(slug: str) -> str:
    """The variable that holds a webhook's secret.

    >>> secret_variable("on-call")
    'AGGREGATOR_WEBHOOK_ON_CALL_SECRET'
    """
    return f"{WEBHOOK}{slug.replace('-', '_')}_SECRET".upper()


def require_secrets(settings: Settings) -> None:
    """Nothing, where every webhook and the mail's user has a secret; else SettingsError. Only who sends needs them."""
    if settings.mail.username and not settings.mail_password.said:
        raise SettingsError(f"[mail] username: its password is missing in {MAIL_PASSWORD}")
    for webhook in settings.webhooks:
        if webhook.key is None:
            raise SettingsError(f"[[webhook]] {webhook.slug}: its secret is missing in {secret_variable(webhook.slug)}")


def _webhooks(file: Path, raw: Mapping[str, object], environ: Mapping[str, str]) -> tuple[Webhook, ...]:
    seeds = _entries(file, raw, "webhook", WebhookSeed)
    known = [secret_variable(seed.slug) for seed in seeds]
    for variable in sorted(environ):
        if variable.startswith(WEBHOOK):
            refuse_unknown(variable, known or [secret_variable("slug")], f"environment: {variable}")
    return tuple(
        Webhook(slug=seed.slug, url=seed.url, states=seed.states, key=_key(secret_variable(seed.slug), environ))
        for seed in seeds
    )


def _key(variable: str, environ: Mapping[str, str]) -> bytes | None:
    try:
        return signing.key(environ[variable]) if environ.get(variable) else None
    except ValueError as error:
        # What was found is not said: it is the secret.
        raise SettingsError(f"environment: {variable}: {error}; allowed: whsec_BASE64, or a text") from None

"""settings.toml and the environment become frozen values, or one clear sentence."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.cli.boards import slug_of
from aggregator.errors import SettingsError
from aggregator.kinds import LIMIT_SLUG_CHARS, size
from aggregator.manners import Manners
from aggregator.settings import PollingSettings, load, require_secrets
from aggregator.store.failures import parsed
from aggregator.timing import duration

ROOT = Path(__file__).parent.parent


def written(folder: Path, text: str) -> Path:
    """Write a settings file and return it."""
    file = folder / "settings.toml"
    file.write_text(text, "utf-8")
    return file


def refusal(folder: Path, text: str, **environ: str) -> str:
    """Return the sentence a wrong settings file is refused with."""
    with pytest.raises(SettingsError) as caught:
        load(written(folder, text), environ)
    return str(caught.value)


def test_the_file_of_the_repository_works_as_it_stands() -> None:
    """settings.toml is valid and says the defaults."""
    assert load(ROOT / "settings.toml", {}).polling == PollingSettings()


@pytest.mark.parametrize("text", ["", "\ufeff"])
def test_an_empty_file_means_the_defaults(tmp_path: Path, text: str) -> None:
    """Every key may be left out, and some editors write a byte order mark first."""
    assert load(written(tmp_path, text), {}).server.port == 8000


def test_a_variable_overrides_a_single_key(tmp_path: Path) -> None:
    """AGGREGATOR_<SECTION>_<KEY> wins over the file, in the same notation."""
    file = written(tmp_path, '[polling]\nfloor = "5m"\n')
    environ = {
        "AGGREGATOR_POLLING_FLOOR": "1s",
        "AGGREGATOR_POLLING_HOST_GAP": "10ms",
        "AGGREGATOR_POLLING_MAX_BYTES": "2MB",
        "AGGREGATOR_POLLING_ALLOW_PRIVATE": "127.0.0.1, 10.0.0.1:81",
        "AGGREGATOR_SERVER_PORT": "9000",
        "AGGREGATOR_STORE_URL": "sqlite:///x.db",
        "HOME": "/",
    }
    settings = load(file, environ)
    assert settings.polling.floor == timedelta(seconds=1)
    assert settings.polling.host_gap == timedelta(milliseconds=10)
    assert settings.polling.max_bytes == 2_000_000
    assert settings.polling.allow_private == ("127.0.0.1", "10.0.0.1:81")
    assert (settings.server.port, settings.store.url) == (9000, "sqlite:///x.db")


@pytest.mark.parametrize(
    "url",
    [
        *("sqlite:///x.db", "sqlite:////var/x.db", "sqlite:///a:memory:"),
        *("postgresql://db/x", "postgres://ann@db:5432/x?ssl=require", "postgresql+asyncpg://[::1]:5432/x"),
        *("postgresql:///x?host=/run", "postgresql://ann:a/b:c#d?@db/x", "postgresql://db", "postgresql://ann:pw@:1/x"),
    ],
)
def test_a_stores_url_is_what_the_store_takes(tmp_path: Path, url: str) -> None:
    """Sockets, IPv6, and passwords of any letters."""
    assert load(written(tmp_path, ""), {"AGGREGATOR_STORE_URL": url}).store.url == url
    assert parsed(url).drivername in ("sqlite", "postgresql+asyncpg")


def test_boards_take_interval_and_zone_from_polling(tmp_path: Path) -> None:
    """A board that names no interval, zone or name has those of [polling] and its slug."""
    text = '[polling]\ninterval = "20m"\ntimezone = "Asia/Tokyo"\n[[board]]\nslug = "a"\nurl = "https://a.example/"\n'
    (board,) = load(written(tmp_path, text), {}).boards
    assert (board.every, board.timezone, board.name) == (timedelta(minutes=20), "Asia/Tokyo", "a")


def test_a_board_may_have_manners_of_its_own(tmp_path: Path) -> None:
    """Each liberty is a key of the board's own entry; a proxy for all stands in [polling]."""
    text = '[polling]\nproxy = "socks5://10.0.0.1:1080"\n[[board]]\nslug = "a"\nurl = "https://a.example/"\n'
    settings = load(written(tmp_path, f'{text}ignore_robots = true\nproxy = "none"\n'), {})
    assert settings.polling.proxy == "socks5://10.0.0.1:1080"
    assert settings.boards[0].manners == Manners(ignore_robots=True, proxy="none")
    assert "AGGREGATOR_POLLING_PROXY" in refusal(tmp_path, '[polling]\nproxy = "http://u:p@10.0.0.1:80"')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[polling]\nproxy = "10.0.0.1:80"', ["[polling] proxy", "socks5://HOST:PORT"]),
        ('[[board]]\nslug = "a"\nurl = "https://a.example/"\ninsecure = 1', ["insecure", "true or false"]),
        ('[polling]\nintervall = "5m"', ["settings.toml", "[polling] intervall", "nearest is interval"]),
        ('[poling]\ninterval = "5m"', ["settings.toml", "poling", "nearest is polling"]),
        ('[polling]\ninterval = "5"', ["[polling] interval", "'5'", "10m"]),
        ("[polling]\ninterval = 5", ["[polling] interval", "5", "10m"]),
        ("[server]\nport = 70000", ["[server] port", "70000", "0 to 65535"]),
        ("[server]\nport = true", ["[server] port", "True"]),
        ('[server]\npublic_url = "https://a.example/news?x=1"', ["[server] public_url", "?x=1", "absolute"]),
        ('[server]\npublic_url = "https://ann:pw@a.example/"', ["[server] public_url"]),
        ('[server]\npublic_url = "https://a.example/a//b"', ["[server] public_url"]),
        ('[server]\npublic_url = "a.example/news"', ["[server] public_url", "http(s)"]),
        ('[polling]\ntimezone = "KST"', ["[polling] timezone", "'KST'", "IANA"]),
        ('[polling]\nallow_private = "board.example"', ["allow_private", "10.0.0.0/8"]),
        ('[polling]\ntimeout = "0s"', ["timeout", "above zero"]),
        ('[polling]\nmax_bytes = "2 MB"', ["max_bytes", "'2 MB'", "2MB"]),
        ('server = "x"', ["[server]", "'x'", "table"]),
        ('[[board]]\nslug = "a"', ["[[board]] number 1", "url is missing"]),
        ('[[board]]\nslug = "A b"\nurl = "https://a.example/"', ["slug", "'A b'"]),
        (f'[[board]]\nslug = "{"a" * 101}"\nurl = "https://a.example/"', ["slug", "at most 100 a-z"]),
        ('[[board]]\nslug = "a"\nurl = "ftp://a.example/"', ["url", "http(s)"]),
        ('[[board]]\nslug = "a"\nurl = "https://a.example/"\nevery = "1s"', ["every", "floor"]),
        ('[[topic]]\nslug = "a"\ntitle = "A"\nfilter = "(a"', ["[[topic]] number 1 filter", "column"]),
        ('[board]\nslug = "a"', ["[[board]]"]),
        ('[store]\nurl = "postgresql://me:secret@db/x"', ["password", "AGGREGATOR_STORE_URL"]),
        ('[store]\nurl = "mysql://db/x"', ["[store] url", "postgresql"]),
        ('[store]\nurl = "sqlite:///:memory:"', ["[store] url", "sqlite:///:memory:", "sqlite:///FILE"]),
        ('[store]\nurl = "sqlite:///?mode=ro"', ["[store] url", "sqlite:///FILE"]),
        ('[store]\nurl = "postgresql://db:port/x"', ["[store] url", "db:port", "postgresql://user@host:5432/name"]),
        ("[server", ["settings.toml", "TOML"]),
    ],
)
def test_a_wrong_file_is_refused_with_file_key_found_and_allowed(tmp_path: Path, text: str, said: list[str]) -> None:
    """The sentence names what stands wrong, where, and what would be right."""
    sentence = refusal(tmp_path, text)
    assert [word for word in said if word not in sentence] == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('[store]\nurl = "mysql://ann:secret@db/x"', "'mysql://…@db/x'"),
        ('[store]\nurl = "postgresql://ann:the/ secret@db/x"', "'postgresql://…@db/x'"),
        ('[polling]\nproxy = "ftp://secret@10.0.0.1:80"', "'ftp://…@10.0.0.1:80'"),
        (
            '[push]\npublish = ["http://hub.example/@a", "ftp://ann:secret@h/"]',
            "['http://hub.example/@a', 'ftp://…@h/']",
        ),
        ('store = "mysql://ann:secret@db/x"', "'mysql://…@db/x'"),
    ],
)
def test_what_is_refused_is_said_without_its_password(tmp_path: Path, text: str, left: str) -> None:
    """Nothing between // and @ is in the sentence, nor with the error."""
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, text), {})
    assert f"found {left}" in str(caught.value)
    assert "secret" not in f"{caught.value}{caught.value.found}"


def test_tags_are_folded_words(tmp_path: Path) -> None:
    """A board's tags are what filters compare, each once; one with a blank could not be named."""
    board = '[[board]]\nslug = "a"\nurl = "https://a.example/"\ntags = '
    assert load(written(tmp_path, f'{board}["정치", "ＡＩ", "ai"]'), {}).boards[0].tags == ("ai", "정치")
    for wrong in ("서울 시정", "a]", "['a'", "it's"):
        assert "without blanks, brackets or quotes" in refusal(tmp_path, f'{board}["{wrong}"]')


def test_a_slug_has_a_hundred_characters_at_most(tmp_path: Path) -> None:
    """One made from a long URL is cut."""
    made = slug_of(f"https://a.example/{'news-' * 40}")
    assert len(made) <= LIMIT_SLUG_CHARS
    board = f'[[board]]\nslug = "{made}"\nurl = "https://a.example/"\n'
    assert load(written(tmp_path, board), {}).boards[0].slug == made


def test_the_same_slug_twice_is_refused(tmp_path: Path) -> None:
    """Two boards cannot share a feed URL."""
    board = '[[board]]\nslug = "a"\nurl = "https://a.example/"\n'
    assert "[[board]] slug: found 'a' twice" in refusal(tmp_path, board * 2)


def test_one_url_for_two_boards_is_refused(tmp_path: Path) -> None:
    """Neither could be told from the other; webhooks may well share one."""
    board = '[[board]]\nslug = "a"\nurl = "https://ann:secret@a.example/"\n'
    sentence = refusal(tmp_path, board + board.replace('"a"', '"b"'))
    assert "settings.toml: [[board]] url: found 'https://…@a.example/' twice; allowed: each url once" in sentence
    hooks = HOOK + HOOK.replace("on-call", "other")
    assert len(load(written(tmp_path, hooks), {}).webhooks) == 2


def test_a_wrong_variable_is_refused_by_its_name(tmp_path: Path) -> None:
    """An unknown or bad variable is an error that names it and the nearest known one."""
    assert "AGGREGATOR_POLLING_FLOOR" in refusal(tmp_path, "", AGGREGATOR_POLLING_FLOR="1s")
    assert "AGGREGATOR_SERVER_PORT: found 'x'" in refusal(tmp_path, "", AGGREGATOR_SERVER_PORT="x")


HOOK = '[[webhook]]\nslug = "on-call"\nurl = "https://hooks.example/a"\n'


def test_a_webhook_takes_its_secret_from_a_variable(tmp_path: Path) -> None:
    """Only who sends messages needs it, so that other commands run without."""
    file, named = written(tmp_path, f'{HOOK}states = ["ok", "failing"]\n'), "AGGREGATOR_WEBHOOK_ON_CALL_SECRET"
    (hook,) = load(file, {named: "a secret of many bytes"}).webhooks
    assert (hook.slug, hook.states, hook.key) == ("on-call", ("failing", "ok"), b"a secret of many bytes")
    assert "many bytes" not in repr(hook)
    with pytest.raises(SettingsError, match=named):
        require_secrets(load(file, {}))


MAIL = '[mail]\nhost = "smtp.example"\nsender = "feeds@a.example"\n'


def test_mail_takes_its_password_from_a_variable(tmp_path: Path) -> None:
    """It is in no file and in no repr; lists may come by variable too."""
    file, named = written(tmp_path, f'{MAIL}username = "ann"\n'), "AGGREGATOR_MAIL_PASSWORD"
    listed = {"AGGREGATOR_MAIL_TO": "ann@a.example, ops@a.example", "AGGREGATOR_MAIL_STATES": "gone,failing"}
    settings = load(file, {**listed, named: "pass word"})
    assert (settings.mail.to, settings.mail.states) == (("ann@a.example", "ops@a.example"), ("gone", "failing"))
    assert (settings.mail_password.said, "pass word" in repr(settings)) == ("pass word", False)
    require_secrets(settings)
    with pytest.raises(SettingsError, match=named):
        require_secrets(load(file, listed))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MAIL, ["[mail] to is missing"]),
        (f'{MAIL}to = ["ann"]', ["[mail] to", "ops@example.org"]),
        (f'{MAIL}to = ["a@b.c\\nBcc: x@y.z"]', ["[mail] to"]),
        (f'{MAIL}to = ["a@b.c"]\nusername = "a"\nsecurity = "none"', ["[mail] security", "starttls or tls"]),
        (f'{MAIL}to = ["a@b.c"]\npassword = "x"', ["[mail] password: is not known"]),
    ],
)
def test_wrong_mail_is_refused(tmp_path: Path, text: str, said: list[str]) -> None:
    """What could not be sent, or would give a password away, is no setting."""
    sentence = refusal(tmp_path, text)
    assert [word for word in said if word not in sentence] == []


@pytest.mark.parametrize("secret", ["whsec_$$$$", "whsec_c2hvcnQ=", "short and bad"])
def test_a_wrong_secret_is_refused_without_being_said(tmp_path: Path, secret: str) -> None:
    """It would stand in a log otherwise."""
    sentence = refusal(tmp_path, HOOK, AGGREGATOR_WEBHOOK_ON_CALL_SECRET=secret)
    assert ("AGGREGATOR_WEBHOOK_ON_CALL_SECRET" in sentence, secret in sentence) == (True, False)


def test_a_wrong_webhook_is_refused(tmp_path: Path) -> None:
    """A state that is none, a secret in the file, a variable of no webhook."""
    other = {"AGGREGATOR_WEBHOOK_OPS_SECRET": "a secret of many bytes"}
    assert "quarantined" in refusal(tmp_path, f'{HOOK}states = ["bad"]')
    assert "secret" in refusal(tmp_path, f'{HOOK}secret = "in the file"')
    assert "AGGREGATOR_WEBHOOK_ON_CALL_SECRET" in refusal(tmp_path, HOOK, **other)
    assert "AGGREGATOR_WEBHOOK_OPS_SECRET" in refusal(tmp_path, "", **other)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing file is a sentence, not a traceback."""
    with pytest.raises(SettingsError, match=r"none\.toml"):
        load(tmp_path / "none.toml", {})


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_durations_read_what_is_written(hours: int, minutes: int, seconds: int, milliseconds: int) -> None:
    """Any sum of hours, minutes, seconds and milliseconds reads as itself."""
    wanted = timedelta(hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)
    assert duration(f"{hours}h{minutes}m{seconds}s{milliseconds}ms") == wanted


@given(st.text())
def test_no_text_breaks_durations_and_sizes(text: str) -> None:
    """Any text is a value or a ValueError."""
    for reader in (duration, size):
        try:
            reader(text)
        except ValueError as error:
            assert error.args  # noqa: PT017 - the value it refuses is in it

"""What admins change at the command line: recorded, shown beside settings.toml, and taken back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from typer.testing import CliRunner

from aggregator.cli import app
from aggregator.errors import SettingsError

SEED = """
[[board]]
slug = "news"
name = "뉴스"
url = "http://board.example.kr/news"
tags = ["seoul"]
"""
Run = Callable[..., str]
WRONG = 2


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command on a store whose settings.toml seeds a board; what it prints. Raises what it raises."""
    file = tmp_path / "settings.toml"
    file.write_text(SEED, "utf-8")

    def command(*words: str) -> str:
        environ = {"AGGREGATOR_STORE_URL": f"sqlite:///{tmp_path}/edits.db"}
        done = CliRunner().invoke(app, ["--config", str(file), *words], env=environ)
        if done.exception is not None:
            raise done.exception
        return done.output

    command("boards", "list")
    return command


def said(run: Run, *words: str) -> Any:  # noqa: ANN401 - JSON is anything
    """What a command says as JSON."""
    return json.decode(run(*words, "--json"))


def test_a_board_is_shown_beside_its_seed(run: Run) -> None:
    """What an admin changed, what is as seeded, and what was never said there."""
    shown = said(run, "boards", "set", "news", "name=새 이름", "tags=busan,seoul", "every=1h")
    assert shown == said(run, "boards", "show", "news")["entry"]
    assert {one["key"]: (one["is"], one["settings_toml"]) for one in shown if one["changed"]} == {
        "name": ("새 이름", "뉴스"),
        "tags": (["busan", "seoul"], ["seoul"]),
        "every": ("1h", None),
    }
    back = said(run, "boards", "set", "news", "every=")
    assert [one["key"] for one in back if one["changed"]] == ["name", "tags"]


@pytest.mark.parametrize("wrong", ['["a"]', '["a","b"]', "'a'"])
def test_tags_are_written_with_commas_alone(run: Run, wrong: str) -> None:
    """A list as settings.toml has it is refused, with how it is written here."""
    with pytest.raises(SettingsError, match="tags=정치,economy at the command line"):
        run("boards", "set", "news", f"tags={wrong}")
    entry = said(run, "boards", "show", "news")["entry"]
    assert [one["is"] for one in entry if one["key"] == "tags"] == [["seoul"]]


def test_live_settings_are_changed_and_shown_beside_the_file(run: Run) -> None:
    """And taken back by saying nothing."""
    shown = {one["key"]: one for one in said(run, "settings", "paused=true", "host_gap=2s")}
    assert (shown["paused"]["holds"], shown["paused"]["settings_toml"]) == (True, False)
    assert {one["key"]: one["holds"] for one in said(run, "settings", "paused=")}["paused"] is False
    with pytest.raises(SettingsError, match="is taken at a start"):
        run("settings", "max_bytes=1MB")
    with pytest.raises(SettingsError, match="allowed: KEY=VALUE"):
        run("settings", "paused")


def test_every_command_that_changes_something_is_recorded(run: Run, tmp_path: Path) -> None:
    """With who did it; what they did is taken back by number, the last first."""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('rows = "tr"\ncolumns = ["number", "title"]', "utf-8")
    run("boards", "recipe", "news", "--set", str(recipe))
    run("boards", "recipe", "news", "--forget")
    run("boards", "backfill", "news", "--pages", "3")
    run("boards", "manners", "news", "--cookies")
    run("boards", "keep", "news", "--days", "9")
    run("boards", "pause", "news")
    run("schedule", "set", "news", "--every", "2h")
    run("topics", "add", "ai", "AI")
    run("settings", "pages=20")
    run("boards", "remove", "news", "--purge")
    changes = said(run, "changes")
    assert (len(changes), {one["who"].endswith("at the command line") for one in changes}) == (10, {True})
    for one in changes:
        run("changes", "--undo", str(one["id"]))
    shown = said(run, "boards", "show", "news")["entry"]
    assert [one for one in shown if one["changed"]] == []


def test_a_token_is_shown_once(run: Run) -> None:
    """And is nowhere in what is listed or changed afterwards."""
    token = run("tokens", "add", "ann", "--scope", "admin").strip()
    assert len(token) > 40
    assert token not in run("tokens", "list", "--json") + run("changes", "--json")
    run("tokens", "revoke", "ann")
    assert said(run, "tokens", "list")[0]["revoked_at"] is not None


@pytest.mark.parametrize("words", [("changes", "--undo"), ("private", "rotate"), ("private", "revoke")])
@pytest.mark.parametrize("number", ["0", str(2**63)])
def test_a_number_that_nothing_can_have_is_refused(run: Run, words: tuple[str, ...], number: str) -> None:
    """With the code of a wrong command line, and what is allowed."""
    with pytest.raises(SystemExit) as ended:
        run(*words, number)
    assert ended.value.code == WRONG

"""`aggregator boards recipe` and `learn` as processes: shown, exported, changed by hand, learnt again."""

import re
import tomllib
from pathlib import Path

from msgspec import json

from aggregator.demo import site
from aggregator.demo.site import LOG
from tests.program import command, environment, free_port, site_on_loopback
from tests.test_cli import news, now


async def test_a_recipe_is_learnt_shown_exported_and_taken_back(tmp_path: Path) -> None:
    """What `recipe` prints is what `--set` reads, and `learn` finds no difference."""
    environ = environment(free_port())
    async with site_on_loopback(site({"news": news()}, now)) as root:
        await command(tmp_path, environ, "boards", "add", f"{root}/index.php?mid=news", "--slug", "news")
        code, shown, _ = await command(tmp_path, environ, "boards", "recipe", "news")
        assert (code, tomllib.loads(shown)["board"]["recipe"]["rows"]) == (0, "table.list > tbody > tr")
        (tmp_path / "recipe.toml").write_text(shown, "utf-8")
        assert (await command(tmp_path, environ, "boards", "recipe", "news", "--set", "recipe.toml"))[0] == 0
        assert (await command(tmp_path, environ, "boards", "recipe", "news"))[1] == shown
        code, learnt, complaint = await command(tmp_path, environ, "boards", "learn", "news")
    assert (code, complaint) == (0, "")
    assert "제목 29번 기사" in learnt
    assert learnt.rstrip().endswith("the recipe is the same")


async def test_learning_shows_the_difference_and_changes_nothing_until_accepted(tmp_path: Path) -> None:
    """A recipe by hand stays until `learn --accept`."""
    environ = environment(free_port())
    by_hand = 'rows = "table.list tr:has(td)"\ncolumns = ["number", "title", "source", "date"]\n'
    (tmp_path / "recipe.toml").write_text(by_hand, "utf-8")
    async with site_on_loopback(site({"news": news()}, now)) as root:
        add = ("boards", "add", f"{root}/index.php?mid=news", "--slug", "news", "--no-preview")
        await command(tmp_path, environ, *add)
        await command(tmp_path, environ, "boards", "recipe", "news", "--set", "recipe.toml")
        _, learnt, _ = await command(tmp_path, environ, "boards", "learn", "news")
        _, kept, _ = await command(tmp_path, environ, "boards", "recipe", "news")
        await command(tmp_path, environ, "boards", "learn", "news", "--accept")
        _, taken, _ = await command(tmp_path, environ, "boards", "recipe", "news")
    assert '- rows = "table.list tr:has(td)"' in learnt
    assert kept.endswith(by_hand)
    assert 'rows = "table.list > tbody > tr"' in taken


async def test_a_recipe_by_hand_reads_a_board_and_its_headers_are_sent(tmp_path: Path) -> None:
    """In settings.toml: selectors, a link rule and a cookie; the poll uses all of them."""
    environ, application = environment(free_port()), site({"news": news()}, now)
    async with site_on_loopback(application) as root:
        recipe = 'rows = "table.list tr:has(td.no)"\ntitle = "td.title a"\nheaders = {"Cookie" = "member=1"}\n'
        board = f'[[board]]\nslug = "news"\nurl = "{root}/index.php?mid=news"\n[board.recipe]\n{recipe}'
        (tmp_path / "settings.toml").write_text(board, "utf-8")
        code, polled, complaint = await command(tmp_path, environ, "poll", "news")
        cookies = {visit.headers.get("cookie") for visit in application[LOG].visits if "robots" not in visit.target}
    assert (code, complaint.strip(), cookies) == (0, "", {"member=1"})
    assert re.search(r"changed\D+20", polled)


async def test_wrong_recipes_are_refused_where_they_stand(tmp_path: Path) -> None:
    """File, board and key are named; exit 2."""
    (tmp_path / "settings.toml").write_text(
        '[[board]]\nslug = "a"\nurl = "http://a.example/"\n[board.recipe]\nrows = "tr["\ntitle = "a"\n', "utf-8"
    )
    code, _, complaint = await command(tmp_path, environment(1), "boards", "list")
    assert (code, "settings.toml" in complaint, "rows: found 'tr['" in complaint) == (2, True, True)


async def test_the_schema_of_recipes_is_printed(tmp_path: Path) -> None:
    """It is generated from the value that reads boards."""
    code, out, _ = await command(tmp_path, environment(1), "boards", "recipe", "--schema")
    assert (code, "link_template" in str(json.decode(out))) == (0, True)

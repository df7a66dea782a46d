"""The README's commands are true: each is run, in order, against a running demo."""

import re
import shlex
from pathlib import Path

from tests.program import command, environment, free_port, serving

ROOT = Path(__file__).parent.parent
SHOWN = re.compile(r"^aggregator (.+)$", re.MULTILINE)


def commands(port: int) -> list[list[str]]:
    """The words of every command of the README's shell blocks, its demo board moved to where ours stands."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in SHOWN.findall(block)]
    return [shlex.split(line.replace("127.0.0.1:8001", f"127.0.0.1:{port + 1}")) for line in lines]


async def test_every_command_of_the_readme_works(tmp_path: Path) -> None:
    """A newcomer who copies the README's commands one by one meets no error."""
    environ = environment(port := free_port())
    shown = commands(port)
    assert len(shown) >= 10
    async with serving(tmp_path, environ, "--demo", feeds=9):
        answers = {" ".join(words): await command(tmp_path, environ, *words) for words in shown}
    assert {words: answer for words, answer in answers.items() if answer[0] != 0} == {}

"""The README's commands are true: each is run, in order, against a running demo."""

import re
import shlex
from pathlib import Path

from tests.program import command, environment, free_port, serving

ROOT = Path(__file__).parent.parent
SHOWN = re.compile(r"^aggregator (.+)$", re.MULTILINE)
SAID = re.compile(r"^export (\w+)=(\S+)", re.MULTILINE)


def shell(port: int) -> str:
    """The README's shell blocks, their demo board moved to where ours stands."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    return "".join(blocks).replace("127.0.0.1:8001", f"127.0.0.1:{port + 1}")


async def test_every_command_of_the_readme_works(tmp_path: Path) -> None:
    """A newcomer who copies the README's commands one by one meets no error."""
    environ = environment(port := free_port())
    del environ["AGGREGATOR_POLLING_ALLOW_PRIVATE"]  # which no newcomer has
    block = shell(port)
    shown, told = list(map(shlex.split, SHOWN.findall(block))), environ | dict(SAID.findall(block))
    assert len(shown) >= 10
    async with serving(tmp_path, environ, "--demo", feeds=9):
        answers = {" ".join(words): await command(tmp_path, told, *words) for words in shown}
    assert {words: answer for words, answer in answers.items() if answer[0] != 0} == {}

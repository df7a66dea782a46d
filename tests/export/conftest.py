"""The store of the web tests and its server, and what stands in a folder."""

from pathlib import Path

import pytest

from aggregator.export import Site
from aggregator.export.folder import MANIFEST
from aggregator.settings import PushSettings, ServerSettings, Settings
from aggregator.store import Store
from tests.web.conftest import PUBLIC_URL, server, store

__all__ = ["server", "store"]
CODED = {".gz": "gzip", ".br": "br", ".zst": "zstd"}
# The server of the web tests has no hub.
SETTINGS = Settings(server=ServerSettings(public_url=PUBLIC_URL), push=PushSettings(hub=False))


def files(root: Path) -> dict[str, bytes]:
    """What stands below a folder beside the manifest, by path."""
    every = (file for file in root.rglob("*") if file.is_file() and file.name != MANIFEST)
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in every}


def inodes(root: Path) -> dict[str, int]:
    """Which file stands under each path; one that is written anew is another."""
    return {name: (root / name).stat().st_ino for name in files(root)}


def is_twin(name: str) -> bool:
    """Whether a file is another one in a content coding."""
    return name.endswith(tuple(CODED))


@pytest.fixture
def site(store: Store) -> Site:
    """The site of the store."""
    return Site(store, SETTINGS)

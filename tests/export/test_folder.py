"""A folder of files: whole, changed only where they differ, and nobody else's touched."""

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ExportError, SettingsError
from aggregator.export.folder import MANIFEST, PART, Folder, claimed
from aggregator.packing import packed
from tests.export.conftest import files, inodes, is_twin

NAMES = st.sampled_from(["feed.atom", "feed.html", "boards/a.rss", "boards/가.json", "topics/a.rss"])
STATES = st.lists(st.dictionaries(NAMES, st.binary(max_size=20)), max_size=4)


def write(root: Path, wanted: dict[str, bytes]) -> tuple[list[str], list[str]]:
    """Let the folder hold these files; those that were written and those that were removed."""
    with claimed(root) as folder:
        removed = folder.hold(list(wanted))
        written = [name for name, body in wanted.items() if folder.put(name, body)]
        folder.save()
    return written, removed


def test_each_file_has_its_twins(tmp_path: Path) -> None:
    """Beside a file stand the same bytes in three codings, which unpack to it."""
    write(tmp_path / "new" / "out", {"boards/가.atom": b"<feed/>"})
    there = files(tmp_path / "new" / "out")
    assert there.pop("boards/가.atom") == b"<feed/>"
    assert gzip.decompress(there.pop("boards/가.atom.gz")) == b"<feed/>"
    assert brotli.decompress(there.pop("boards/가.atom.br")) == b"<feed/>"
    assert there == {"boards/가.atom.zst": packed(b"<feed/>", "zstd")}


@given(states=STATES)
def test_a_folder_holds_the_last_state_and_only_what_changed_was_written(states: list[dict[str, bytes]]) -> None:
    """Whatever was there before: the files are those wanted last, unchanged ones the very same, no folder is empty."""
    with TemporaryDirectory() as made:
        root, before = Path(made), dict[str, bytes]()
        for wanted in states:
            stood = inodes(root)
            written, removed = write(root, wanted)
            kept = {name: inode for name, inode in inodes(root).items() if stood.get(name) == inode}
            assert {name: body for name, body in files(root).items() if not is_twin(name)} == wanted
            assert set(written) == {name for name in wanted if before.get(name) != wanted[name]}
            assert set(removed) == set(before) - set(wanted)
            assert len(kept) >= 4 * sum(before.get(name) == body for name, body in wanted.items())
            assert all(any(place.iterdir()) for place in root.rglob("*") if place.is_dir())
            before = wanted


def test_what_others_put_there_stays(tmp_path: Path) -> None:
    """A file of somebody else's in a folder of ours survives all that we remove."""
    write(tmp_path, {"boards/a.rss": b"a"})
    (tmp_path / "boards" / "notes.txt").write_text("mine")
    assert write(tmp_path, {}) == ([], ["boards/a.rss"])
    assert files(tmp_path) == {"boards/notes.txt": b"mine"}


def test_nothing_of_others_is_overwritten(tmp_path: Path) -> None:
    """Where somebody else's file stands in the way, be it a twin's, it is named and left; then nothing is written."""
    write(tmp_path, {"feed.rss": b"a"})
    (tmp_path / "feed.atom.gz").write_text("mine")
    with pytest.raises(ExportError, match=r"feed\.atom\.gz was not written by `aggregator export`: move it away"):
        write(tmp_path, {"feed.rss": b"b", "feed.atom": b"c"})
    there = files(tmp_path)
    assert (there["feed.atom.gz"], there["feed.rss"]) == (b"mine", b"a")
    (tmp_path / "feed.atom.gz").unlink()
    assert write(tmp_path, {"feed.rss": b"b", "feed.atom": b"c"})[0] == ["feed.rss", "feed.atom"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("photo.jpg", "mine", "in which photo.jpg was not written"),
        (MANIFEST, "{", "the list of files as it was written"),
        (MANIFEST, '{"version": 2}', "the list of files as it was written"),
        (MANIFEST, '{"files": {"../feed.rss": ""}}', "below its own folder"),
    ],
)
def test_a_folder_that_is_not_ours_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    """What is wrong and what is allowed are said; the folder stays as it is."""
    (tmp_path / name).write_text(text)
    with pytest.raises(SettingsError, match=rf"DIR: found .*{tmp_path}.*; allowed: ") as refused:
        write(tmp_path, {"feed.rss": b"a"})
    assert said in str(refused.value)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, text)]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """A DIR that is a file is refused, and kept."""
    (tmp_path / "out").write_text("mine")
    with pytest.raises(SettingsError, match="which is no folder"):
        write(tmp_path / "out", {})
    assert files(tmp_path) == {"out": b"mine"}


def test_what_was_cut_short_is_written_anew(tmp_path: Path) -> None:
    """After a run that ended between two files nothing is taken for whole, and a part that was left is no stranger."""
    write(tmp_path, {"feed.rss": b"a", "feed.atom": b"a"})
    with claimed(tmp_path) as folder:
        folder.hold(["feed.rss", "feed.atom", "feed.json"])
        folder.put("feed.rss", b"b")
    (tmp_path / PART).write_text("half")
    assert write(tmp_path, {"feed.rss": b"a", "feed.json": b"c"}) == (["feed.rss", "feed.json"], ["feed.atom"])
    assert files(tmp_path)["feed.rss"] == b"a"
    assert write(tmp_path, {"feed.rss": b"a", "feed.json": b"c"}) == ([], [])


def test_a_lost_twin_is_written_again(tmp_path: Path) -> None:
    """What somebody removed comes back with the next export."""
    write(tmp_path, {"feed.rss": b"a"})
    (tmp_path / "feed.rss.br").unlink()
    assert write(tmp_path, {"feed.rss": b"a"})[0] == ["feed.rss"]
    assert len(files(tmp_path)) == 4


def test_one_export_at_a_time_writes_to_a_folder(tmp_path: Path) -> None:
    """A second one is told so, and the folder is free again after the first."""
    with claimed(tmp_path), pytest.raises(ExportError, match="Another export writes to"):
        write(tmp_path, {})
    assert write(tmp_path, {"feed.rss": b"a"}) == (["feed.rss"], [])


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The system's reason and the file; what stood there before stays whole."""
    with claimed(tmp_path) as folder:
        assert isinstance(folder, Folder)
        folder.hold(["boards/a.rss"])
        (tmp_path / "boards").write_text("a file where a folder is wanted")
        with pytest.raises(ExportError, match=r"boards/a\.rss cannot be written: "):
            folder.put("boards/a.rss", b"a")

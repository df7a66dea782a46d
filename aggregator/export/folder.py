"""A folder that files are written into: each at once and whole, only where it changed, and none that is not ours.

What was written is kept in a manifest, which names a file before it is written for the first time and says while any
is being written: a run that is killed leaves nothing behind that the next one would not know or would take for whole.
Beside each file stand its twins in every coding.
"""

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Literal

from msgspec import DecodeError, Struct, field, json

from aggregator.document import etag
from aggregator.errors import ExportError, SettingsError
from aggregator.packing import CODINGS, Coding, packed

MANIFEST = ".aggregator-export.json"
# What is being written, until it gets its name; in the same folder, since a rename to another disk is none.
PART = ".aggregator-export.part"
ENDINGS: dict[Coding, str] = {"gzip": ".gz", "br": ".br", "zstd": ".zst"}
TWINS = ("", *ENDINGS.values())
ALLOWED = "a folder that is new, empty or was written by `aggregator export`"


class Manifest(Struct, kw_only=True):
    """The ETags of the files that were written, by path below the folder; empty of one that is yet to be written.

    ``whole``: no file was being written, each is what its ETag says.
    """

    version: Literal[1] = 1
    whole: bool = True
    files: dict[str, str] = field(default_factory=dict)


class Folder:
    """The files below ``root`` that the manifest names, and no others."""

    def __init__(self, root: Path, manifest: Manifest) -> None:
        self._root, self._manifest = root, manifest
        self._saved = b""

    def hold(self, names: Collection[str]) -> list[str]:
        """Let there be files of these names alone: the others are removed, which are returned.

        Raises ExportError where a file stands in the way that was not written by us.
        """
        known = self._manifest.files
        fresh = [name for name in names if name not in known]
        for place in (self._root / f"{name}{twin}" for name in fresh for twin in TWINS):
            if os.path.lexists(place):
                raise ExportError(f"{place} was not written by `aggregator export`: move it away.")
        known.update(dict.fromkeys(fresh, ""))
        self.save()
        return self.drop(set(known) - set(names))

    def drop(self, names: Collection[str]) -> list[str]:
        """Remove these files, twins and empty folders too; those that were there, in order."""
        gone = sorted(name for name in names if (self._root / name).exists())
        for name in names:
            place = self._root / name
            with _told(place):
                for twin in TWINS:
                    place.with_name(f"{place.name}{twin}").unlink(missing_ok=True)
                self._prune(place.parent)
            del self._manifest.files[name]
        return gone

    def put(self, name: str, body: bytes) -> bool:
        """Let the file have these bytes, and its twins; whether it had others. Raises ExportError."""
        said, place = etag(body), self._root / name
        if self._manifest.files.get(name) == said and all(
            place.with_name(f"{place.name}{twin}").is_file() for twin in TWINS
        ):
            return False
        self._manifest.files[name] = ""
        self._say(whole=False)
        _write(place, body)
        for coding in CODINGS:
            _write(place.with_name(f"{place.name}{ENDINGS[coding]}"), packed(body, coding))
        self._manifest.files[name] = said
        return True

    def save(self) -> None:
        """Write down what is there, once no file is being written any more."""
        self._say(whole=True)

    def _say(self, *, whole: bool) -> None:
        if not (whole or self._manifest.whole):
            return  # Said before the first of them.
        self._manifest.whole = whole
        said = json.encode(self._manifest, order="sorted")
        if said != self._saved:
            _write(self._root / MANIFEST, said)
            self._saved = said

    def _prune(self, folder: Path) -> None:
        while folder != self._root:
            (folder / PART).unlink(missing_ok=True)
            try:
                folder.rmdir()
            except OSError:  # Not empty, or gone already.
                return
            folder = folder.parent


@contextmanager
def claimed(root: Path) -> Iterator[Folder]:
    """The folder at ``root``, which no other export writes to until left; one that is not there is made.

    Raises SettingsError where it holds what is not ours, ExportError where it cannot be written.
    """
    if root.exists() and not root.is_dir():
        raise SettingsError.wrong("DIR", str(root), ALLOWED, field="DIR", why=", which is no folder")
    with _told(root):
        root.mkdir(parents=True, exist_ok=True)
        lock = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ExportError(f"Another export writes to {root}: end it first, or name another folder.") from error
        yield Folder(root, _manifest(root))
    finally:
        os.close(lock)


def _manifest(root: Path) -> Manifest:
    """What was written there. Raises SettingsError where that cannot be said."""
    file = root / MANIFEST
    with _told(root):
        there = {one.name for one in root.iterdir()} - {PART}
        if there and MANIFEST not in there:
            why = f", in which {min(there)} was not written by `aggregator export`"
            raise SettingsError.wrong("DIR", str(root), ALLOWED, field="DIR", why=why)
        written = file.read_bytes() if there else b"{}"
    try:
        manifest = json.decode(written, type=Manifest)
    except DecodeError as error:
        raise SettingsError.wrong("DIR", str(file), "the list of files as it was written", field="DIR") from error
    if any(not _is_below(name) for name in manifest.files):
        raise SettingsError.wrong("DIR", str(file), "a list of files below its own folder", field="DIR")
    if not manifest.whole:
        manifest.files = dict.fromkeys(manifest.files, "")
    return manifest


def _is_below(name: str) -> bool:
    """Whether a path stays within the folder it starts from.

    >>> _is_below("boards/a.atom"), _is_below("../a.atom"), _is_below("/a.atom")
    (True, False, False)
    """
    path = PurePosixPath(name)
    return name == str(path) and not path.is_absolute() and ".." not in path.parts and path.parts != ()


def _write(place: Path, body: bytes) -> None:
    part = place.with_name(PART)
    with _told(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(body)
            part.replace(place)
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise


@contextmanager
def _told(place: Path) -> Iterator[None]:
    """Within it the system's failures name what they befell. Raises ExportError."""
    try:
        yield
    except OSError as error:
        raise ExportError(f"{place} cannot be written: {os.strerror(error.errno or 0)}.") from error

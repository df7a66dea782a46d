"""The public feeds and pages as files: what any server of files, object storage or a CDN can serve."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from aggregator import publish
from aggregator.errors import ExportError, GoneFeedError, StoreError, UnknownFeedError
from aggregator.export.folder import Folder, claimed
from aggregator.export.site import Site, names, others, requests
from aggregator.logs import event
from aggregator.shelf import minute_end

__all__ = ["Folder", "Report", "Site", "claimed", "exported", "watched"]

# How often the store is asked whether anything is new, which costs next to nothing.
TICK_SECONDS = 0.25
log = logging.getLogger("aggregator")


class Report(Struct, frozen=True, kw_only=True):
    """What one export did: the files that it wrote and removed, in order, and how many it left as they were.

    Their twins in the content codings are not counted.
    """

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int

    @property
    def sentence(self) -> str:
        """The same in words."""
        return f"{len(self.written)} written, {len(self.removed)} removed, {self.unchanged} unchanged"


async def exported(site: Site, folder: Folder, now: datetime) -> Report:
    """Bring the folder to how things stand: first goes what is public no more, then what changed is written.

    Raises ExportError, StoreError; the files written until then are as whole as ever.
    """
    catalog = await publish.catalog(site.store)
    wanted = {one: names(one) for one in requests(catalog)}
    removed = folder.hold([*others(), *(name for named in wanted.values() for name in named)])
    put: dict[str, bool] = {}
    try:
        for one, named in wanted.items():
            try:
                files = await site.feed(one, catalog, now)
            except (UnknownFeedError, GoneFeedError):  # Since the catalog was read.
                removed += folder.drop(named)
                continue
            put |= {name: folder.put(name, body) for name, body in files}
        async for name, body in site.rest(catalog):
            put[name] = folder.put(name, body)
    finally:
        folder.save()
    written = tuple(name for name, is_new in put.items() if is_new)
    return Report(written=written, removed=tuple(removed), unchanged=len(put) - len(written))


async def watched(site: Site, folder: Folder, clock: Callable[[], datetime], say: Callable[[Report], None]) -> None:
    """Keep the folder fresh until cancelled; ``say`` is told of the first export and of every one that did something.

    It is brought up to date when the store has changed, by whomever, and every minute, since filters and states speak
    of the time. What fails is said once, and tried again until it succeeds; the first export raises what fails.
    """
    state, now = await site.store.state(), clock()
    say(await exported(site, folder, now))
    complained = ""
    while True:
        await asyncio.sleep(TICK_SECONDS)
        try:
            latest, moment = await site.store.state(), clock()
            if latest == state and moment < minute_end(now):
                continue
            report = await exported(site, folder, moment)
        except (StoreError, ExportError) as error:
            if str(error) != complained:
                log.error(event("export", error=str(error)))  # noqa: TRY400 - the sentence says it
            complained = str(error)
            continue
        state, now, complained = latest, moment, ""
        if report.written or report.removed:
            say(report)

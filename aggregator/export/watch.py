"""Exports one after the other, whenever there is something to write."""

import logging
from collections.abc import Callable
from datetime import datetime

from aggregator.errors import ExportError, StoreError
from aggregator.export.export import Export, Report
from aggregator.logs import event
from aggregator.news import News
from aggregator.request import minute_end

# How often the store is asked whether anything is new, which costs next to nothing.
TICK_SECONDS = 0.25
# How long what failed is left alone, unless a poll brings something.
RETRY_SECONDS = 2.0
log = logging.getLogger("aggregator")


async def watched(export: Export, clock: Callable[[], datetime], say: Callable[[Report], None]) -> None:
    """Keep the folder fresh until cancelled; ``say`` is told of the first export and of every one that did something.

    It is brought up to date when the store has changed, by whomever, and every minute, since filters and states speak
    of the time. What fails is said once, and tried again until it succeeds; the first export raises what fails.
    """
    store, complained = export.site.store, ""
    news = News(store)
    async with news.watching():
        with news.heard() as ear:
            state, now = await store.state(), clock()
            say(await export.bring(now))
            while True:
                heard = await ear.boards(RETRY_SECONDS if complained else TICK_SECONDS)
                try:
                    latest, moment = await store.state(), clock()
                    if latest == state and minute_end(moment) == minute_end(now):
                        continue
                    if latest != state and not heard:
                        news.stir()
                        heard = await ear.boards(TICK_SECONDS)
                    report = await export.bring(moment, heard)
                except (StoreError, ExportError) as error:
                    if str(error) != complained:
                        log.error(event("export", error=str(error)))  # noqa: TRY400 - the sentence says it
                    complained = str(error)
                    continue
                state, now, complained = latest, moment, ""
                if report.written or report.removed:
                    say(report)

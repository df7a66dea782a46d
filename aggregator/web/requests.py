"""Requests for feeds, counted by what came of them, and a line of the log for each where the settings want one."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus

from aiohttp import hdrs, web
from yarl import URL

from aggregator.logs import event
from aggregator.web.keys import CLOCK, METRICS, RUNNING

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
READING = {hdrs.METH_GET, hdrs.METH_HEAD}
log = logging.getLogger("aggregator")


@web.middleware
async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The answer, counted where a feed was asked for; refusals and defects too, so it stands around all else."""
    form = request.match_info.get("format")
    if form is None or request.method not in READING:
        return await handler(request)
    began = request.app[CLOCK]()
    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    try:
        answer = await handler(request)
        status = answer.status
    finally:
        count(request.app, request.raw_path, form, status, began, request.match_info.get("token"))
    return answer


def count(app: web.Application, target: str, form: str, status: int, began: datetime, token: str | None = None) -> None:
    """Count an answer to a request for a feed, and write its line where the settings want one.

    ``target``: what the request's first line asks for.
    """
    app[METRICS].answered(form, status)
    if app[RUNNING].settings.log.requests:
        seconds = (app[CLOCK]() - began).total_seconds()
        log.info(event("request", asked=_asked(target, token), status=status, seconds=seconds))


def _asked(target: str, token: str | None) -> str:
    """Path and parameters as they are understood: escaped ones would hide a token from the log's filter.

    A private feed's own is not left to that: one cut short would not look like any.
    """
    raw_path, _, query = target.partition("?")
    asked = URL.build(path=raw_path, query_string=query, encoded=True)
    path = asked.path.replace(f"/{token}/", "/…/", 1) if token else asked.path
    return f"{path}?{asked.query_string}" if query else path

"""Where wishes are taken: read, held to limits, and kept for the hub to verify."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from aggregator.errors import FullError, NeedsPersonError, RequestError
from aggregator.fetch import Callbacks
from aggregator.push.addresses import Documents
from aggregator.push.wishes import Bounds, wish
from aggregator.store import Transaction, subscriptions
from aggregator.store.subscriptions import Wish


class Reception(Struct, frozen=True, kw_only=True):
    """Takes wishes for the subscribers of ``documents``; ``wake`` tells the hub that one is waiting."""

    documents: Documents
    callbacks: Callbacks
    clock: Callable[[], datetime]
    bounds: Bounds
    wake: Callable[[], None]

    async def take(self, form: Mapping[str, str]) -> None:
        """Keep what the form asks for until it is verified.

        Raises RequestError for a form that says nothing that can be meant, UnknownFeedError and GoneFeedError for a
        topic that is no feed, FullError where there are too many subscriptions already.
        """
        wished = wish(form, self.documents.public_url, self.bounds)
        try:
            host = self.callbacks.admit(wished.callback).raw_host or ""
        except NeedsPersonError as error:
            raise RequestError(f"hub.callback: {error}") from error
        if wished.mode == "subscribe":
            await self.documents.current(wished.topic)
        await self.documents.store.write(_keep, wished, host, self.bounds, self.clock())
        self.wake()


def _keep(tx: Transaction, wished: Wish, host: str, bounds: Bounds, now: datetime) -> None:
    held, of_host, waiting = subscriptions.held(tx, wished, host)
    if waiting >= bounds.waiting:
        raise FullError(f"{host} has {waiting} wishes that are not verified yet.")
    if wished.mode == "subscribe" and of_host >= bounds.of_host:
        raise FullError(f"{host} has {of_host} subscriptions, as many as it may.")
    if wished.mode == "subscribe" and held >= bounds.subscriptions:
        raise FullError("This hub has as many subscriptions as it may.")
    subscriptions.intend(tx, wished, host, now)

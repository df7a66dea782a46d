"""The ways a fetch fails, with the stage's name filled in."""

from functools import partial

from aggregator.errors import GoneError, NeedsPersonError, NotYetError, TryLaterError

try_later = partial(TryLaterError, stage="fetch")
not_yet = partial(NotYetError, stage="fetch")
needs_person = partial(NeedsPersonError, stage="fetch")
gone = partial(GoneError, stage="fetch")

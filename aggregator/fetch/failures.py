"""The ways a fetch fails, with the stage's name filled in."""

from functools import partial

from aggregator.errors import GoneError, NeedsPersonError, TryLaterError

try_later = partial(TryLaterError, stage="fetch")
needs_person = partial(NeedsPersonError, stage="fetch")
gone = partial(GoneError, stage="fetch")

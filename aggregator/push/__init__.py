"""Push: a WebSub hub for our own feeds (W3C Recommendation of 2018-01-23).

``wishes`` reads what a subscriber asks for, ``addresses`` which feed it means; ``reception`` keeps it until ``hub`` has
asked back whether it is meant, and then delivers the document whenever it has changed; ``telling`` is what is said.
``announcing`` tells outside hubs.
"""

from aggregator.push.addresses import Documents
from aggregator.push.announcing import Announcer
from aggregator.push.hub import Hub
from aggregator.push.links import links
from aggregator.push.reception import Reception
from aggregator.push.wishes import Bounds

__all__ = ["Announcer", "Bounds", "Documents", "Hub", "Reception", "links"]

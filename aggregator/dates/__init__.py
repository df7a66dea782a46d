"""Dates as boards print them, read by a closed list of shapes and by what a page's rows prove together.

A date that is wrong is worse than none: what no shape takes, or the page leaves open, is None and a fault.
"""

from aggregator.dates.order import newest_first
from aggregator.dates.page import Time, Times, published
from aggregator.dates.shapes import said

__all__ = ["Time", "Times", "newest_first", "published", "said"]

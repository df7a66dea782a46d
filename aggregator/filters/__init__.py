"""The filter language: text to a tree, its one canonical text, the predicate, the sentence for people."""

from aggregator.filters.canonical import canonical, simplified
from aggregator.filters.matching import matches
from aggregator.filters.parse import parse
from aggregator.filters.sentence import sentence
from aggregator.filters.tree import EVERYTHING, And, Filter, Not, Or, Term

__all__ = [
    "EVERYTHING",
    "And",
    "Filter",
    "Not",
    "Or",
    "Term",
    "canonical",
    "matches",
    "parse",
    "sentence",
    "simplified",
]

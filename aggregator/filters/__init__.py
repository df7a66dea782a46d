"""The filter language: text to a tree, its one canonical text, the predicate, the sentence for people."""

from aggregator.filters.canonical import canonical, simplified
from aggregator.filters.matching import Traits, matches, predicate, traits
from aggregator.filters.parse import parse
from aggregator.filters.sentence import sentence
from aggregator.filters.tree import EVERYTHING, And, Filter, Not, Or, Term, Viewer, mentions, terms

__all__ = [
    "EVERYTHING",
    "And",
    "Filter",
    "Not",
    "Or",
    "Term",
    "Traits",
    "Viewer",
    "canonical",
    "matches",
    "mentions",
    "parse",
    "predicate",
    "sentence",
    "simplified",
    "terms",
    "traits",
]

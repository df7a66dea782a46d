"""Every example in a docstring is true."""

import doctest
from importlib import import_module
from pkgutil import walk_packages

import pytest

import aggregator

MODULES = [found.name for found in walk_packages(aggregator.__path__, "aggregator.") if "__main__" not in found.name]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name: str) -> None:
    """What a docstring shows is what happens."""
    assert doctest.testmod(import_module(name)).failed == 0


def test_examples_are_found_at_all() -> None:
    """The stages teach by example, so the test above has something to try."""
    assert sum(doctest.testmod(import_module(name)).attempted for name in MODULES) >= 20

"""Numbered bulletin-board listings in; merged, filterable RSS, Atom and JSON feeds out."""

__version__ = "0.1.0"

"""Tests of the fetch stage, against a site on loopback."""

"""Tests of reading a listing off a page."""

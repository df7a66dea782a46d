"""Rendering: any feed, in three formats, for every reader."""

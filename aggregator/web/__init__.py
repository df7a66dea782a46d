"""The server: feeds for readers, pages for people."""

from aggregator.web.application import application, serving

__all__ = ["application", "serving"]

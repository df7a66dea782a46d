"""The store: tables, one module of queries a thing, filters as SQL; SQLite and PostgreSQL behind one contract suite."""

from aggregator.store.engine import Store, Transaction
from aggregator.store.headlines import Cursor, Selection

__all__ = ["Cursor", "Selection", "Store", "Transaction"]

"""The public feeds and pages as files: what any server of files, object storage or a CDN can serve."""

from aggregator.export.export import Export, Report
from aggregator.export.folder import claimed
from aggregator.export.site import Site
from aggregator.export.watch import watched

__all__ = ["Export", "Report", "Site", "claimed", "watched"]

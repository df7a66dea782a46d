"""A site that keeps score of how it is treated, and a poller that must come away clean."""

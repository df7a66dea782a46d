"""Publishing and serving: requests over loopback against a real store."""

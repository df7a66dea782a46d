"""The WebSub hub and its subscribers."""

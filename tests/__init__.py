"""What the program claims, one sentence a test."""

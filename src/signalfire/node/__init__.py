"""One nation's node, deterministic: read pipeline.py first."""

"""Tracks to launch, impact, class, areas and warnings."""

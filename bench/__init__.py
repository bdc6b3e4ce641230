"""Measurements, as ratios against a yardstick of the same run: ``python -m bench``."""

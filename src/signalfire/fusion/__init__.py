"""Tracks of several nations to one, without counting anything twice."""

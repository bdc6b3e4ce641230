"""Signalfire: several nations share missile warning in real time, each by its own signed agreement."""

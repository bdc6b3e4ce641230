"""Signalfire: nations share missile warning in real time, each by its own agreement."""

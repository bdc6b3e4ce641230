"""Detections of one nation's sensors to that nation's tracks."""

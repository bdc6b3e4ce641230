"""Bytes to picture and back; total functions, no input or output."""

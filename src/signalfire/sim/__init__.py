"""A world in a box: truth, sensors and scenarios."""

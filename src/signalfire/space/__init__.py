"""Where things are: the Earth, its frames, and what a site sees."""

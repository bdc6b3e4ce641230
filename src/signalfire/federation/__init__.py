"""A link between two nations, as a state machine."""

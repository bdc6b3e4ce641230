"""What the system can and does achieve: bounds, metrics, what sharing buys."""

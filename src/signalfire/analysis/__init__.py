"""What estimation can reach at best, and how well an estimate does beside it."""

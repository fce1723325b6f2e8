"""How fast the parts are, as ratios to the fastest bare way of doing the same work, run beside it."""

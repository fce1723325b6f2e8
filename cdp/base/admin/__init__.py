"""Admin pages as this project makes them."""

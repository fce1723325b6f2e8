"""Values of a person: their normal forms, the golden one, and how they are found and read."""

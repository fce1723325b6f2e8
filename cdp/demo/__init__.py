"""A Nordic retailer that does not exist: people, purchases, consents, two partners. Generated, seeded, any size.

Everything enters through the same doors as real data. `make_up` invents, `load` sends it through the doors,
`welcome` says what to open first.
"""

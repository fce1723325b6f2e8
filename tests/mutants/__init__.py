"""Whether the tests notice when a decision changes: small faults are planted in the modules that decide, one at a time.

`deciding` says which modules, and which tests must notice; `python` and `sql` find every fault that is possible;
`drawing` takes some of them by a committed seed; `reach` knows which tests reach them; `planting` puts one into a copy
of the tree and runs those tests; `verdicts` remembers the outcome. `python -m tests.mutants` does it all.
"""

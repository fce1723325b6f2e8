"""Which records are one person: a pure function of the facts, the policy of identifiers, and stewards' decisions.

`resolve` takes the whole component that some identities belong to, partitions it anew (`partition`) and writes what
differs (`apply`). So neither order nor batches of arrival matter, and undoing a decision is folding again.
"""

from profiles.identity.expiry import fold_expired
from profiles.identity.resolution import Folded, resolve

__all__ = ["Folded", "fold_expired", "resolve"]

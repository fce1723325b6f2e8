"""Which records are one person: a pure function of the facts, the policy of identifiers, and stewards' decisions.

`resolve` takes the whole component that some subjects belong to, partitions it anew (`partition`) and writes what
differs (`projection`). So neither order nor batches of arrival matter, and undoing a decision is folding again.
"""

from profiles.resolution.folding import Folded, resolve, steady
from profiles.resolution.lapses import fold_lapsed

__all__ = ["Folded", "fold_lapsed", "resolve", "steady"]

"""What `profiles` tells those above it, inside the transaction in which it happens."""

from django.dispatch import Signal

#: Sent after each fold. `profiles`: ids of the present profiles that were folded; `moved`: {identity: (old, new)}
#: for each identity that changed its profile, so that a projection kept by profile can follow.
folded = Signal()

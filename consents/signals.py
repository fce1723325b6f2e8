"""What others may listen to. Sent inside the transaction that made the change."""

from django.dispatch import Signal

#: Consents of people were folded anew, or something stronger than consent began or ended.
#: Keyword arguments: `profiles`, the set of present profile ids concerned.
changed = Signal()

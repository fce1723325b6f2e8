"""The one writer of what sources say of people: identities, records, identifiers and values."""

from profiles.records.parsing import external_key
from profiles.records.statement import Person, WriteOutcome, WriteState, Written
from profiles.records.writing import write

__all__ = ["Person", "WriteOutcome", "WriteState", "Written", "external_key", "write"]

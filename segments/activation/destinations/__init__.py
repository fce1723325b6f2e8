"""Where members may go: one small module per kind of destination, all of the same shape."""

from segments.activation.destinations.base import DestinationFile, FileKind, OutgoingTable
from segments.activation.destinations.csv import Csv
from segments.models import DestinationKind

KINDS: dict[str, FileKind] = {DestinationKind.CSV: Csv()}

__all__ = ["KINDS", "DestinationFile", "FileKind", "OutgoingTable"]

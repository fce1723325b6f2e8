"""A CSV file."""

import csv
import io

from cdp.base.spreadsheets import cell_text, csv_bytes, original
from segments.activation.destinations.base import DestinationFile, OutgoingTable

MEDIA_TYPE = "text/csv; charset=utf-8"


class Csv:
    def files(self, *, sent: OutgoingTable, removed: OutgoingTable) -> list[DestinationFile]:
        people = DestinationFile("people.csv", MEDIA_TYPE, _written(sent), len(sent.rows))
        if not removed.rows:
            return [people]
        return [people, DestinationFile("removals.csv", MEDIA_TYPE, _written(removed), len(removed.rows))]

    def read(self, content: bytes) -> OutgoingTable:
        columns, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
        return OutgoingTable(columns, [[original(cell) or None for cell in row] for row in rows])


def _written(sheet: OutgoingTable) -> bytes:
    return csv_bytes(sheet.columns, ([cell_text(value) for value in row] for row in sheet.rows))

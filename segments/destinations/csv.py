"""A CSV file: RFC 4180, UTF-8, one header row, and no cell that a spreadsheet takes for a formula."""

import csv
import io
from datetime import date
from decimal import Decimal

from partners.contents import neutral
from segments.destinations.base import DestinationFile, Sheet

MEDIA_TYPE = "text/csv; charset=utf-8"
YES_NO = {True: "yes", False: "no"}


class Csv:
    def files(self, *, sent: Sheet, removed: Sheet) -> list[DestinationFile]:
        people = DestinationFile("people.csv", MEDIA_TYPE, _written(sent), len(sent.rows))
        if not removed.rows:
            return [people]
        return [people, DestinationFile("removals.csv", MEDIA_TYPE, _written(removed), len(removed.rows))]


def _written(sheet: Sheet) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(sheet.columns)
    writer.writerows([neutral(_cell(value)) for value in row] for row in sheet.rows)
    return text.getvalue().encode()


def _cell(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES_NO[value]
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)

"""Why a file, or a run of it, is refused as a whole. Rows that are refused one by one are `Rejection`s."""

from django.utils.translation import gettext_lazy as _

from cdp.base.errors import Refused


class FileRefused(Refused):
    """The file cannot be read; nothing of it was loaded."""

    code = "file_refused"
    status = 422


class Spreadsheet(FileRefused):
    code = "spreadsheet"
    sentence = _("This is a spreadsheet. Open it, choose Save as, CSV UTF-8, and load that file.")


class NotATable(FileRefused):
    code = "not_a_table"
    sentence = _("This file is no table of rows (%(found)s). Load CSV, NDJSON or Parquet.")


class PackedWrongly(FileRefused):
    code = "packed_wrongly"
    sentence = _("Of packed files only .gz and .zip with one CSV or NDJSON file in it are read: %(found)s.")


class Damaged(FileRefused):
    code = "damaged"
    sentence = _("The file is damaged or cut off: it cannot be unpacked or read to its end.")


class FileTooLarge(FileRefused):
    code = "too_large"
    sentence = _("The file is larger than %(limit)s when unpacked. Split it and load the parts.")


class Bomb(FileRefused):
    code = "unpacks_too_far"
    sentence = _("The file unpacks to more than %(limit)s times its size, which real tables do not. Load it unpacked.")


class UndecodableFile(FileRefused):
    code = "wrong_encoding"
    sentence = _("Byte %(offset)s, near row %(row)s, is no %(encoding)s. Choose another encoding; nothing was loaded.")


class UnknownFileEncoding(FileRefused):
    code = "unknown_encoding"
    sentence = _("The encoding %(encoding)s is not known. Known are: %(known)s.")


class UnbalancedQuote(FileRefused):
    code = "unbalanced_quote"
    sentence = _(
        "A quotation mark that opens in row %(row)s is never closed, so all rows after it would be read as one cell. "
        "Mend that row and load the file again."
    )


class NoHeader(FileRefused):
    code = "no_header"
    sentence = _("The file holds no header and no rows.")


class TooManyColumns(FileRefused):
    code = "too_many_columns"
    sentence = _("The header has %(count)s columns, more than %(limit)s. Is the separator right?")


class LineTooLong(FileRefused):
    code = "line_too_long"
    sentence = _("Row %(row)s is longer than %(limit)s. Are the line ends or the quotation marks right?")


class SourceClosed(Refused):
    """The source is disabled."""

    code = "source_disabled"
    status = 403
    sentence = _("The source %(source)s is disabled, so nothing may enter from it.")


class MappingMissing(Refused):
    """The file has no mapping yet."""

    code = "mapping_missing"
    status = 422
    sentence = _("Say first what the columns mean: choose a mapping.")


class AlreadyLoaded(Refused):
    """The same file was loaded before; `receipt` is that import."""

    code = "already_loaded"
    sentence = _("This file was loaded already with this mapping, on %(when)s. Nothing was changed.")

    def __init__(self, receipt):
        self.receipt = receipt
        super().__init__(when=f"{receipt.started_at or receipt.created_at:%Y-%m-%d %H:%M}")


class Busy(Refused):
    """Another process works on this import."""

    code = "busy"
    sentence = _("Another process works on this import. When it stopped for good, this is free at %(until)s.")

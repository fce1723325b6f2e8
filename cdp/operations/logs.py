"""One event, one line, whatever the data holds; with the id of the request it belongs to."""

import logging

import structlog


class OneLine(logging.Formatter):
    """Formats a record as one line of key=value pairs; line ends and escape codes in values are written as escapes."""

    def format(self, record: logging.LogRecord) -> str:
        facts = structlog.contextvars.get_contextvars()
        message = record.getMessage()
        if record.exc_info:
            message += " | " + self.formatException(record.exc_info)
        context = "".join(f" {key}={value}" for key, value in facts.items())
        line = f"{self.formatTime(record)} {record.levelname} {record.name}{context} {message}"
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)

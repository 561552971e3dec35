"""How the doors write logs: lines for people on a terminal, JSON for programs, and never the values of variables.

A traceback with locals would carry premises and children's names into the log.
"""

import logging
import sys

import structlog


def configure_logs(level: str) -> None:
    """`level` is debug, info, warning or error."""
    to_people = sys.stderr.isatty()
    shown: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if to_people
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )

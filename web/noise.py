"""Keeps what strangers send out of the console."""

import logging

from aiohttp.http import HttpProcessingError


def is_our_fault(record: logging.LogRecord) -> bool:
    """Tell whether aiohttp complains of us: a port scan that is no HTTP is not worth a traceback."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))

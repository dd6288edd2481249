"""Why a server does not start."""


class CannotStartError(Exception):
    """Why a server cannot start as it is told to, in one line."""

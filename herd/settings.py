"""A TOML file as tables that are read key by key, each with what was expected there."""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# An error stays a line that a person reads: longer values are shown by their beginning.
SHOWN = 60
GREATEST = 2**63 - 1  # of the whole numbers of TOML; Python reads others too, and may not be able to print them
EMPTY: Mapping[str, object] = {}

LONGEST = 100 * 365 * 86_400  # seconds that a span may have: in nanoseconds it stays below 2^63
_SPAN = re.compile(r"([0-9]{1,10})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class ConfigError(Exception):
    """What is wrong with the configuration: the file, the key, what was expected. One line, no secrets."""


def shown(text: str) -> str:
    """Return text as it is, or escaped where it would break the line or the terminal."""
    return text if text.isprintable() else ascii(text)


class Table:
    """One table of a file. Every key is asked for once; `finish` complains about the others."""

    def __init__(self, file: str, name: str, values: Mapping[str, object]) -> None:
        self.file = file
        self.name = name
        self._values = dict(values)
        self._known: list[str] = []

    def take(self, key: str, read: Callable[[object], T], expected: str, *, secret: bool = False) -> T | None:
        """Return the key's value as `read` makes it, or None where the key is absent.

        `read` says no by raising ValueError or TypeError. A secret value is never shown in the error.
        """
        self._known.append(key)
        if key not in self._values:
            return None
        value = self._values.pop(key)
        try:
            return read(value)
        except (TypeError, ValueError):
            found = type(value).__name__ if secret else _beginning(value)
            raise self.error(key, f"expected {expected}, found {found}") from None

    def need(self, key: str, read: Callable[[object], T], expected: str) -> T:
        """Return the key's value as `take` does; its absence is an error."""
        value = self.take(key, read, expected)
        if value is None:
            raise self.error(key, f"expected {expected}, found nothing")
        return value

    def table(self, key: str, default: Mapping[str, object] = EMPTY) -> "Table":
        """Return the table under this key; where it is absent, one of the default values."""
        values = self.take(key, mapping, "a table", secret=True)
        return Table(self.file, self._path(key), default if values is None else values)

    def names(self) -> list[str]:
        """Return the keys that are left, in the order of the file: names that the user chose."""
        return list(self._values)

    def error(self, key: str | None, reason: str) -> ConfigError:
        """Return the error that says file, key (None: the table itself) and reason."""
        place = self.name if key is None else self._path(key)
        return ConfigError(": ".join(part for part in (shown(self.file), place, reason) if part))

    def finish(self) -> None:
        """Raise ConfigError for the first key that nobody asked for."""
        for key in self._values:
            raise self.error(key, f"unknown key, expected one of {', '.join(sorted(self._known))}")

    def _path(self, key: str) -> str:
        return f"{self.name}.{shown(key)}" if self.name else shown(key)


def read_toml(path: Path) -> Table:
    """Return the file's top table. A file that cannot be read or is no TOML in UTF-8 is a ConfigError."""
    file = str(path)
    try:
        return Table(file, "", tomllib.loads(path.read_bytes().decode("utf-8")))
    except OSError as error:
        raise ConfigError(f"{shown(file)}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown(file)}: expected UTF-8, found another byte at {error.start}") from None
    except RecursionError:
        raise ConfigError(f"{shown(file)}: expected TOML, found brackets nested too deep") from None
    except ValueError as error:  # TOMLDecodeError, which names line and column, and numbers too long for int
        raise ConfigError(f"{shown(file)}: expected TOML: {shown(str(error))}") from None


def mapping(value: object) -> dict[str, object]:
    """Return a table's values."""
    if not isinstance(value, dict):
        raise TypeError
    return value


def text(value: object) -> str:
    """Return a string that is not empty."""
    if not isinstance(value, str):
        raise TypeError
    if not value:
        raise ValueError
    return value


def texts(value: object) -> tuple[str, ...]:
    """Return a list of strings that are not empty."""
    if not isinstance(value, list):
        raise TypeError
    return tuple(text(item) for item in value)


def flag(value: object) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise TypeError
    return value


def count(least: int, most: int = GREATEST) -> Callable[[object], int]:
    """Return a reader that takes a whole number from `least` to `most`."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError
        if not least <= value <= most:
            raise ValueError
        return value

    return read


def seconds(value: object) -> int:
    """Return a span of time in seconds: "30d", "12h", "90m", "20s", or a whole number of seconds above 0."""
    if isinstance(value, str):
        found = _SPAN.fullmatch(value)
        if not found:
            raise ValueError
        value = int(found[1]) * _UNITS[found[2]]
    return count(1, LONGEST)(value)


def one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    """Return a reader that takes one of these words."""

    def read(value: object) -> str:
        if value not in choices:
            raise ValueError
        return text(value)

    return read


def existing_file(folder: Path) -> Callable[[object], Path]:
    """Return a reader of paths; relative ones begin in the folder, which is that of the settings."""

    def read(value: object) -> Path:
        try:
            path = folder / Path(text(value)).expanduser()
        except RuntimeError:  # ~ of somebody unknown
            raise ValueError from None
        if not path.is_file():
            raise ValueError
        return path

    return read


def _beginning(value: object) -> str:
    try:
        return ascii(value)[:SHOWN]
    except ValueError:  # a number of thousands of hexadecimal digits, by itself or in a list
        return "a number too long to print"

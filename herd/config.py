"""What a herd is made of: read from herd.toml, or the built-in herd of five."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from herd.servers import BUILT_IN, COMMANDS, Address, Server, read_servers
from herd.settings import ConfigError, Table, one_of, read_toml, text

__all__ = ["COMMANDS", "PROVIDERS", "Address", "Config", "ConfigError", "PlacesSettings", "Server", "load"]

PROVIDERS = ("none", "google")


@dataclass(frozen=True, slots=True)
class PlacesSettings:
    """Who is asked what is near; url None means the provider's own."""

    provider: str = "none"
    url: str | None = None
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one herd; the same at each of its servers."""

    secret: str | None = field(repr=False)
    places: PlacesSettings
    servers: dict[str, Server]


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Read the file, or with None the built-in herd; what is wrong with it is a ConfigError.

    HERD_SECRET and GOOGLE_PLACES_API_KEY of environ stand in where the file says nothing (empty: absent).
    A file without [servers] has the built-in five.
    """
    top = Table("built-in herd", "", {}) if path is None else read_toml(path)
    secret = top.take("secret", text, "a text that is not empty", secret=True)
    places = _places(top.table("places"), environ.get("GOOGLE_PLACES_API_KEY") or None)
    servers = read_servers(top.table("servers", BUILT_IN))
    top.finish()
    return Config(secret or environ.get("HERD_SECRET") or None, places, servers)


def _places(table: Table, key: str | None) -> PlacesSettings:
    choices = ", ".join(f'"{name}"' for name in PROVIDERS)
    settings = PlacesSettings(
        provider=table.take("provider", one_of(PROVIDERS), f"one of {choices}") or "none",
        url=table.take("url", _url, "an http:// or https:// URL", secret=True),  # may hold a proxy's password
        key=table.take("key", text, "a text that is not empty", secret=True) or key,
    )
    table.finish()
    return settings


def _url(value: object) -> str:
    url = text(value)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isprintable() or " " in url:
        raise ValueError
    return url

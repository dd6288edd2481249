"""[places]: who is asked what is near."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from herd.settings import Table, one_of, text

PROVIDERS = ("none", "google")


@dataclass(frozen=True, slots=True)
class PlacesSettings:
    """Who is asked what is near; url None means the provider's own."""

    provider: str = "none"
    url: str | None = None
    key: str | None = field(default=None, repr=False)


def read_places(table: Table, environ: Mapping[str, str]) -> PlacesSettings:
    """Read the section; GOOGLE_PLACES_API_KEY of environ stands in where it names no key (empty: absent)."""
    key = environ.get("GOOGLE_PLACES_API_KEY") or None
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

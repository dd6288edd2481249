"""[places]: who is asked what is near, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from herd.settings import Table, count, existing_file, one_of, text

PROVIDERS = ("embedded", "google", "google-new", "overpass", "none")
CONTACT_LIMIT = 200  # characters
MOST_A_MINUTE = 1_000_000
DAY = 24 * 60 * 60  # seconds


@dataclass(frozen=True, slots=True)
class PlacesSettings:
    """Who is asked what is near; what is None is the provider's own, `file` None no places of one's own."""

    provider: str = "embedded"
    url: str | None = None
    key: str | None = field(default=None, repr=False)
    contact: str | None = None
    per_minute: int | None = None
    cache_seconds: int | None = None
    file: Path | None = None


def read_places(table: Table, environ: Mapping[str, str]) -> PlacesSettings:
    """Read the section; GOOGLE_PLACES_API_KEY of environ stands in where it names no key (empty: absent)."""
    key = environ.get("GOOGLE_PLACES_API_KEY") or None
    choices = ", ".join(f'"{name}"' for name in PROVIDERS)
    settings = PlacesSettings(
        provider=table.take("provider", one_of(PROVIDERS), f"one of {choices}") or PROVIDERS[0],
        url=table.take("url", _url, "an http:// or https:// URL", secret=True),  # may hold a proxy's password
        key=table.take("key", text, "a text that is not empty", secret=True) or key,
        contact=table.take("contact", _contact, f"at most {CONTACT_LIMIT} ASCII characters"),
        per_minute=table.take("per_minute", count(1, MOST_A_MINUTE), "searches a minute, 1 or more"),
        cache_seconds=table.take("cache_seconds", count(0, DAY), f"whole seconds, 0 to {DAY}"),
        file=table.take("file", existing_file(Path(table.file).parent), "the path of a file that exists"),
    )
    table.finish()
    return settings


def _url(value: object) -> str:
    url = text(value)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isprintable() or " " in url:
        raise ValueError
    return url


def _contact(value: object) -> str:
    contact = text(value)
    # It goes into a header of HTTP.
    if not contact.isascii() or not contact.isprintable() or len(contact) > CONTACT_LIMIT:
        raise ValueError
    return contact

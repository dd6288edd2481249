"""What a herd is made of: read from herd.toml, or the built-in herd of five."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from herd.sections.access import AccessSettings, read_access
from herd.sections.journal import JournalSettings, read_journal
from herd.sections.limits import LimitsSettings, read_limits
from herd.sections.map import MapSettings, read_map
from herd.sections.places import PlacesSettings, read_places
from herd.sections.tls import TlsSettings, read_tls
from herd.sections.web import WebSettings, read_web
from herd.servers import BUILT_IN, COMMANDS, Address, Server, read_servers
from herd.settings import ConfigError, Table, read_toml, text

__all__ = ["COMMANDS", "Address", "Config", "ConfigError", "Server", "load"]


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one herd; the same at each of its servers."""

    servers: dict[str, Server]
    secret: str | None = field(default=None, repr=False)
    places: PlacesSettings = field(default_factory=PlacesSettings)
    web: WebSettings = field(default_factory=WebSettings)
    limits: LimitsSettings = field(default_factory=LimitsSettings)
    map: MapSettings = field(default_factory=MapSettings)
    tls: TlsSettings | None = None
    journal: JournalSettings = field(default_factory=JournalSettings)
    access: AccessSettings = field(default_factory=AccessSettings)


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Read the file, or with None the built-in herd; what is wrong with it is a ConfigError.

    HERD_SECRET and GOOGLE_PLACES_API_KEY of environ stand in where the file says nothing (empty: absent), and
    HERD_TOKEN is what this machine's own commands say to a server.
    A file without [servers] has the built-in five.
    """
    top = Table("built-in herd", "", {}) if path is None else read_toml(path)
    secret = top.take("secret", text, "a text that is not empty", secret=True)
    places = read_places(top.table("places"), environ)
    web = read_web(top.table("web"))
    limits = read_limits(top.table("limits"))
    map_ = read_map(top.table("map"))
    tls = read_tls(top.table("tls"))
    journal = read_journal(top.table("journal"))
    access = read_access(top.table("access"), environ)
    servers = read_servers(top.table("servers", BUILT_IN))
    top.finish()
    return Config(
        servers=servers,
        secret=secret or environ.get("HERD_SECRET") or None,
        places=places,
        web=web,
        limits=limits,
        map=map_,
        tls=tls,
        journal=journal,
        access=access,
    )

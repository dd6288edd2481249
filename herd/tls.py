"""TLS for every connection of a server or a client: whom it shows itself to be, and whom it trusts."""

import asyncio
import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import TypedDict

from herd.sections.tls import TlsSettings
from herd.settings import ConfigError, shown

HANDSHAKE_SECONDS = 5.0  # for a server that was dialled
GOODBYE_SECONDS = 1.0  # for the other end to answer the close of a connection


class Dialling(TypedDict, total=False):
    """What asyncio's create_connection wants beside an address; nothing without TLS."""

    ssl: ssl.SSLContext
    server_hostname: str
    ssl_handshake_timeout: float
    ssl_shutdown_timeout: float


class Tls:
    """The contexts of one reading of the settings; what cannot be used is a ConfigError.

    They are never changed, only replaced as a whole: connections that stand keep theirs.
    """

    def __init__(self, settings: TlsSettings) -> None:
        self.mutual = settings.ca is not None  # whether links need certificates at both ends
        self._dialling = _trusting(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), settings.ca)
        self._doors: dict[str, ssl.SSLContext] = {}
        if settings.cert:
            # A browser that is asked for a certificate bothers its user, so only TCP, where peers come in, asks.
            self._doors = {door: _showing(ssl.PROTOCOL_TLS_SERVER, settings) for door in ("tcp", "http")}
            self._doors["http"].set_alpn_protocols(["http/1.1"])
            if settings.ca:
                _trusting(self._doors["tcp"], settings.ca).verify_mode = ssl.CERT_OPTIONAL
                _load(self._dialling, settings)

    def listening(self, door: str) -> ssl.SSLContext:
        """Return what a door shows to who comes in."""
        return self._doors[door]

    @property
    def trusting(self) -> ssl.SSLContext:
        """Return what is needed to dial a server, whose certificate must be for the host that is dialled."""
        return self._dialling

    def listens(self) -> bool:
        """Tell whether there is a certificate to show."""
        return bool(self._doors)


def open_tls(settings: TlsSettings | None, serving: bool = True) -> Tls | None:
    """Return what the settings say, None without any; a client that is not serving shows no certificate."""
    if settings is None:
        return None
    if serving and settings.cert is None:
        raise ConfigError("tls.cert: expected a certificate for the servers to show, found none")
    return Tls(settings if serving else TlsSettings(ca=settings.ca))


def dialling(tls: Tls | None, host: str) -> Dialling:
    """Return how to dial a host."""
    if tls is None:
        return {}
    return {
        "ssl": tls.trusting,
        "server_hostname": host,
        "ssl_handshake_timeout": HANDSHAKE_SECONDS,
        "ssl_shutdown_timeout": GOODBYE_SECONDS,
    }


def is_for(transport: asyncio.BaseTransport, host: str) -> bool:
    """Tell whether the other end showed a certificate for this host, signed by whom we trust.

    OpenSSL looks at the host itself where we dial; of who comes in it checks the signature only.
    """
    certificate = transport.get_extra_info("peercert") or {}
    return any(_matches(kind, name, host) for kind, name in certificate.get("subjectAltName", ()))


def _matches(kind: str, name: str, host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        name, host = name.lower(), host.lower()
        _, dot, above = host.partition(".")
        return kind == "DNS" and (name == host or (bool(dot) and name == f"*.{above}"))  # one label, and no more
    return kind == "IP Address" and ip_address(name.strip()) == address


def _showing(protocol: int, settings: TlsSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    _load(context, settings)
    return context


def _load(context: ssl.SSLContext, settings: TlsSettings) -> None:
    assert settings.cert is not None
    files = " and ".join(shown(str(path)) for path in (settings.cert, settings.key) if path)
    try:
        # OpenSSL would ask for the password of a key on the terminal.
        context.load_cert_chain(settings.cert, settings.key, password=lambda: "")
    except (OSError, ValueError) as problem:  # an SSLError is an OSError
        raise ConfigError(
            f"tls: {files}: expected a certificate and its key without a password: {problem}"
        ) from None


def _trusting(context: ssl.SSLContext, ca: Path | None) -> ssl.SSLContext:
    try:
        if ca is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(ca)
    except (OSError, ValueError) as problem:
        raise ConfigError(f"tls.ca: {shown(str(ca))}: expected certificates: {problem}") from None
    return context

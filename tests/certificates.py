"""Certificates for tests, made by the openssl command as the README does it."""

import ssl
import subprocess
from pathlib import Path

from herd.sections.tls import TlsSettings

LOOPBACK = "subjectAltName=IP:127.0.0.1,DNS:localhost"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


class Authority:
    """Signs certificates; `ca` is its own, to be trusted."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self.ca = folder / f"{name}.pem"
        self._key = folder / f"{name}.key"
        _openssl("req", "-x509", *_KEY, "-subj", f"/CN={name}", "-keyout", str(self._key), "-out", str(self.ca))

    def issue(self, name: str, names: str = LOOPBACK) -> TlsSettings:
        """Make a certificate for these subjects, and its key."""
        cert, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        signed = ("-CA", str(self.ca), "-CAkey", str(self._key), "-subj", f"/CN={name}", "-addext", names)
        plain = ("-addext", "basicConstraints=critical,CA:FALSE")
        _openssl("req", "-x509", *_KEY, *signed, *plain, "-keyout", str(key), "-out", str(cert))
        return TlsSettings(cert, key, self.ca)

    def locked(self, settings: TlsSettings) -> Path:
        """Return a copy of a key that needs a password."""
        path = self._folder / "locked.key"
        _openssl("ec", "-in", str(settings.key), "-aes256", "-passout", "pass:secret", "-out", str(path))
        return path

    def trusted(self) -> ssl.SSLContext:
        """Return what a client needs that trusts this authority."""
        return ssl.create_default_context(cafile=str(self.ca))


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)

"""[tls]: the certificates with which servers and clients speak, over TCP, HTTP and links alike."""

from dataclasses import dataclass
from pathlib import Path

from herd.settings import Table, existing_file

A_FILE = "the path of a file that exists"


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """PEM files. `cert` None: this machine has clients only. `key` None: it stands in `cert`.

    `ca` signs the certificates of all servers, and links then need one at both ends; None: who signs is for the
    system to trust, and only the listening end shows a certificate.
    """

    cert: Path | None = None
    key: Path | None = None
    ca: Path | None = None


def read_tls(table: Table) -> TlsSettings | None:
    """Read the section; None where it is absent: everything is said in the clear."""
    read = existing_file(Path(table.file).parent)
    settings = TlsSettings(*(table.take(name, read, A_FILE) for name in ("cert", "key", "ca")))
    table.finish()
    if settings.key and not settings.cert:
        raise table.error("key", "expected a cert beside it, found none")
    return None if settings == TlsSettings() else settings

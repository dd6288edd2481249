"""[journal]: how safe from a power cut an answer is."""

from dataclasses import dataclass

from herd.settings import Table, one_of

EVERYSEC, ALWAYS, NEVER = "everysec", "always", "never"


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """`fsync`: the disk has what was answered a second later, before the answer, or when the system likes."""

    fsync: str = EVERYSEC


def read_journal(table: Table) -> JournalSettings:
    """Read the section."""
    words = (EVERYSEC, ALWAYS, NEVER)
    fsync = table.take("fsync", one_of(words), " or ".join(f'"{word}"' for word in words))
    table.finish()
    return JournalSettings(fsync or EVERYSEC)

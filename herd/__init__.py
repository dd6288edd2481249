"""The herd: servers that tell each other where every client is."""

VERSION = "0.1.0"  # as in pyproject.toml

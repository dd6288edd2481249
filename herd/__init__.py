"""The herd: servers that tell each other where every client is."""

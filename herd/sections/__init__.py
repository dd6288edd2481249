"""The sections of herd.toml, one file each: what may stand in it, and what stands there by default."""

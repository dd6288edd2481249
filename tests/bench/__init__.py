"""How fast the herd is, each figure beside its yardstick: one program per row of the goals."""

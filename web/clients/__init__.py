"""/clients: where everyone is, and where they were, as GeoJSON."""

"""How a server is, for people, for what watches over it, for Prometheus."""

"""The gateway described: /openapi.json and /api."""

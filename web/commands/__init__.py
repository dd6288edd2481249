"""The commands of the protocol over HTTP and WebSocket."""

"""The feed, told to viewers: frames over WebSockets and Server-Sent Events."""

"""Every server's HTTP side: the herd for browsers and curl."""

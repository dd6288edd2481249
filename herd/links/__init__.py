"""What passes between servers: dialling, proving who one is, telling the feed, hearing it, and repair."""

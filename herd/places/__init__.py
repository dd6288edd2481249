"""What is near a position: one interface, several sources."""

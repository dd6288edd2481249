"""The herd side by side with other systems that spread news: the same faults, one table."""

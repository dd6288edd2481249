"""The whole herd in one thread, on virtual time, with everything failing: one seed is one run."""

"""Properties of everything that reads bytes from outside: few examples in a test run, `run.py fuzz` for many."""

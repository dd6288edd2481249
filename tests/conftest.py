"""How hypothesis behaves in every test run: the same examples each time, no clock, no files left behind."""

from hypothesis import HealthCheck, settings

# `run.py fuzz` gives seeds, which hypothesis puts above `derandomize`.
settings.register_profile(
    "herd",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no defect
)
settings.load_profile("herd")

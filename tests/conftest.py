"""What holds for every test."""

from hypothesis import settings

# A slow machine is no counterexample.
settings.register_profile("sluice", deadline=None)
settings.load_profile("sluice")

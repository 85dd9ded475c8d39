"""Live mode: the tests that are written against the fake, run against the real provider."""

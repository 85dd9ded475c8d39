"""What the fake costs beside what one would otherwise write; ``python -m benchmarks`` measures it."""

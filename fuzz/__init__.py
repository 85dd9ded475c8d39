"""Fuzzing of everything that reads what somebody else wrote; ``python -m fuzz --seconds 600`` runs it."""

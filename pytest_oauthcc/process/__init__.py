"""A fake provider as a process of its own: for clients in other languages, for other machines, for weeks."""

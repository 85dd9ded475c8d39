"""The fake provider itself: plain requests in, plain responses out; no sockets, no pytest, no clock of its own."""

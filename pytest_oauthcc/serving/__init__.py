"""The fake on a socket: for clients outside the process, in other languages, and for local development."""

from __future__ import annotations

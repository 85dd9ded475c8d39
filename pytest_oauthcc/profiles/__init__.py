"""Providers as data: one TOML file each, what such a file may say, and how one is loaded."""

from __future__ import annotations

from pytest_oauthcc.profiles.loader import load_profile, profile_names
from pytest_oauthcc.profiles.profile import Fact, Profile
from pytest_oauthcc.profiles.showing import list_lines, render

__all__ = ["Fact", "Profile", "list_lines", "load_profile", "profile_names", "render"]

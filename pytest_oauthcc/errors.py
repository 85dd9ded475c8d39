"""The exceptions that users of the plugin may meet, each with a message that says what to do."""

from __future__ import annotations

__all__ = ["Mismatch", "NotServed", "OauthccError", "OptionError", "ProfileError", "TooManyExchanges", "Violation"]


class OauthccError(Exception):
    """Base class of everything that pytest-oauthcc raises on purpose."""


class OptionError(OauthccError, ValueError):
    """An option, marker argument, ini setting or method argument has a wrong name, type or value."""


class ProfileError(OptionError):
    """A provider profile can't be found or does not follow the schema."""


class Mismatch(OauthccError, AssertionError):
    """An ``assert_...`` method found no request, or not as many as wanted, that look as expected."""


class NotServed(OauthccError, AssertionError):
    """A request was refused because nothing serves its URL; it never left the process."""


class TooManyExchanges(OauthccError, AssertionError):
    """A test made more exchanges than ``max_exchanges`` allows, probably in an endless retry."""


class Violation(OauthccError, AssertionError):
    """The client broke a rule of an RFC or of the provider."""


for _error in (Mismatch, NotServed, OauthccError, OptionError, ProfileError, TooManyExchanges, Violation):
    _error.__module__ = "pytest_oauthcc"  # what a failure prints is where users import it from

"""Hypothesis: whatever the pauses between calls, no expired token is ever sent."""

from authlib.integrations.requests_client import OAuth2Session
from hypothesis import given, settings
from hypothesis import strategies as st

import pytest_oauthcc


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(lifetime=st.integers(10, 7200), pauses=st.lists(st.integers(0, 10_000), max_size=8))
def test_never_sends_an_expired_token(lifetime, pauses):
    with pytest_oauthcc.provider(expires_in=lifetime) as provider:
        session = OAuth2Session(
            provider.client_id,
            provider.client_secret,
            grant_type="client_credentials",
            token_endpoint=provider.token_url,
        )
        session.fetch_token()
        for pause in pauses:
            provider.clock.advance(seconds=pause)
            session.get(provider.api_url)

        assert all(request.status == 200 for request in provider.api_requests)

from __future__ import annotations

import json
import math
import re

import pytest
import requests

from pytest_oauthcc import OptionError, provider

rfc = pytest.mark.rfc
SCOPES = pytest.mark.oauthcc(scopes="orders:read orders:write", default_scopes="orders:read")


def refused(answer, status, error):
    """Whether an answer is that error, in the characters that errors may have."""
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", answer.json()["error_description"])
    return True


@rfc("6749 §2.2")
def test_a_client_id_alone_proves_nothing(oauthcc, party):
    """Naming a client is not being it."""
    assert refused(party.ask({"client_id": oauthcc.client_id}, auth=None), 401, "invalid_client")


@rfc("6749 §2.3", "2.1 one-method")
def test_two_methods_are_one_too_many(oauthcc, party):
    """Credentials in header and body are refused, though both are right."""
    both = {"client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret}
    assert refused(party.ask(both), 400, "invalid_request")


@rfc("6749 §2.3.1 basic", "6749 §5.1 members", "6749 A.12", "2.1 expires-in")
def test_basic_gets_a_token(oauthcc, party):
    """The plainest request gets an answer with the right members of the right types."""
    answer = party.ask().json()

    assert re.fullmatch(r"[\x21-\x7e]+", answer["access_token"])
    assert answer["token_type"] == "Bearer"
    assert type(answer["expires_in"]) is int
    assert answer["expires_in"] == 3600


@rfc("2.1 body")
def test_credentials_in_the_body_are_taken(oauthcc, party):
    """By default a client may authenticate in the body as well."""
    who = {"client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret}
    assert party.ask(who, auth=None).status_code == 200
    assert oauthcc.token_requests[-1].auth_method == "client_secret_post"


@rfc("6749 §2.3 public", "2.1 public")
def test_there_are_no_public_clients(oauthcc_factory):
    """No provider, no client and no registration takes the method none, and naming a client is not enough."""
    with pytest.raises(OptionError, match="auth_methods"):
        oauthcc_factory(auth_methods=["none"])
    made = oauthcc_factory(registration=True, strict=False)
    with pytest.raises(OptionError, match="auth_methods"):
        made.add_client(auth_methods=["none"])
    wanted = {"token_endpoint_auth_method": "none"}
    assert requests.post(made.registration_url, json=wanted, timeout=5).json()["error"] == "invalid_client_metadata"
    form = {"grant_type": "client_credentials", "client_id": made.client_id}
    assert refused(requests.post(made.token_url, data=form, timeout=5), 401, "invalid_client")


@rfc("6749 §2.3.1 encoding")
@pytest.mark.oauthcc(client_id="a:b c", client_secret="s+%&=\u00e9/: ")
def test_basic_credentials_are_form_encoded(oauthcc):
    """Awkward characters arrive when they are encoded, and are refused when they are not."""
    from urllib.parse import quote_plus

    encoded = (quote_plus(oauthcc.client_id), quote_plus(oauthcc.client_secret))
    answer = requests.post(oauthcc.token_url, data={"grant_type": "client_credentials"}, auth=encoded, timeout=5)
    assert answer.status_code == 200
    raw = requests.post(
        oauthcc.token_url,
        data={"grant_type": "client_credentials"},
        auth=(oauthcc.client_id.encode(), oauthcc.client_secret.encode()),
        timeout=5,
    )
    assert raw.status_code == 401


@rfc("6749 §2.3.1 uri")
def test_credentials_in_the_url_are_refused(oauthcc):
    """A secret in the query is refused, though it is right."""
    query = {"client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret}
    answer = requests.post(oauthcc.token_url, params=query, data={"grant_type": "client_credentials"}, timeout=5)
    assert refused(answer, 400, "invalid_request")


@rfc("6749 §2.3.2")
def test_a_client_uses_the_methods_that_it_registered(oauthcc, party):
    """A client that registered for the body can't use the header."""
    client = oauthcc.add_client(auth_methods=["client_secret_post"])
    data = {"grant_type": "client_credentials"}
    by_header = requests.post(oauthcc.token_url, data=data, auth=(client.client_id, client.client_secret), timeout=5)
    by_body = {"client_id": client.client_id, "client_secret": client.client_secret}

    assert refused(by_header, 401, "invalid_client")
    assert party.ask(by_body, auth=None).status_code == 200


@rfc("6749 §3.2 fragment")
def test_a_token_url_has_no_fragment():
    """An option with a fragment is no URL of a token endpoint."""
    with pytest.raises(OptionError), provider(token_url="https://auth.fragment.test/token#here"):
        pass


@rfc("6749 §3.2 post", "2.1 request")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_only_post_is_taken(party, method):
    """Another method is 405, and the answer says which is taken."""
    answer = party.ask(method=method)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


@rfc("6749 §3.2 empty", "2.1 request")
@SCOPES
def test_an_empty_parameter_is_absent(party):
    """Without a value scope is no scope, and grant_type no grant type."""
    assert party.ask({"scope": ""}).json()["scope"] == "orders:read"
    assert refused(party.ask({"grant_type": ""}), 400, "invalid_request")


@rfc("6749 §3.2 unknown", "2.1 request")
def test_unknown_parameters_are_ignored(party):
    """What nobody knows changes nothing."""
    assert party.ask({"foo": "bar", "nonce": "1"}).status_code == 200


@rfc("6749 §3.2 twice", "2.1 request")
@pytest.mark.parametrize("name", ["grant_type", "scope", "audience", "foo"])
def test_no_parameter_comes_twice(party, name):
    """A repeated parameter is refused, also one that nobody knows."""
    data = [("grant_type", "client_credentials"), (name, "a"), (name, "a")]
    assert refused(party.ask(data=data), 400, "invalid_request")


@rfc("6749 §3.2.1", "9700 §2.5")
def test_no_credentials_no_token(party):
    """A request without credentials is refused."""
    assert refused(party.ask(auth=None), 401, "invalid_client")


@rfc("6749 §3.3 grammar")
@pytest.mark.parametrize("scope", ["a  b", " a", "a ", 'a"b', "a\\b", "a\tb", "gr\u00fcn"])
def test_scope_has_a_grammar(party, scope):
    """Scopes are words of printable ASCII with one blank between them."""
    assert refused(party.ask({"scope": scope}), 400, "invalid_scope")


@rfc("6749 §3.3 order")
@SCOPES
def test_the_order_of_scopes_means_nothing(oauthcc, party):
    """Two orders of the same scopes get the same."""
    for scope in ("orders:read orders:write", "orders:write orders:read"):
        party.ask({"scope": scope})
    first, second = oauthcc.tokens
    assert first.scopes == second.scopes == {"orders:read", "orders:write"}


@rfc("6749 §3.3 differs", "6749 §3.3 missing", "2.1 expires-in")
@SCOPES
def test_what_was_granted_is_told(party):
    """A request without scope gets the default, and is told which it is."""
    assert party.ask().json()["scope"] == "orders:read"
    assert refused(party.ask({"scope": "orders:delete"}), 400, "invalid_scope")


@rfc("6749 §4.4", "6749 §5.2 codes")
def test_a_client_without_the_grant_gets_nothing(oauthcc, party):
    """A client that may not use the grant is unauthorized."""
    oauthcc.authority.state.main_client.grant_types = frozenset({"authorization_code"})
    assert refused(party.ask(), 400, "unauthorized_client")


@rfc("6749 §4.4.2 form", "6749 §5.2 status")
def test_the_body_is_a_form(party):
    """JSON, plain text and bytes that are no UTF-8 are refused."""
    assert refused(party.ask(json={"grant_type": "client_credentials"}), 400, "invalid_request")
    text = {"headers": {"Content-Type": "text/plain"}}
    assert refused(party.ask(data="grant_type=client_credentials", **text), 400, "invalid_request")
    form = {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}
    assert refused(party.ask(data=b"grant_type=client_credentials&scope=%FF", **form), 400, "invalid_request")


@rfc("6749 §4.4.2 grant-type", "6749 §5.2 codes", "9700 §2.4")
@pytest.mark.parametrize("grant", ["Client_Credentials", "client_credentials ", "password", "refresh_token"])
def test_the_grant_type_is_compared_letter_by_letter(party, grant):
    """Another grant, the password grant above all, and another spelling are unsupported."""
    assert refused(party.ask({"grant_type": grant}), 400, "unsupported_grant_type")


@rfc("6749 §4.4.3", "6749 §5.1 no-store", "6749 §5.1 json", "6749 §5.2 json", "2.1 no-store", "2.1 no-null")
def test_the_answer_is_flat_and_not_to_be_stored(party):
    """The answer is flat JSON without a refresh token or a name twice, and caches keep out."""
    answer = party.ask()
    pairs = json.loads(answer.text, object_pairs_hook=list)

    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    assert len({name for name, _ in pairs}) == len(pairs)
    assert all(isinstance(value, str | int) for _, value in pairs)
    assert "refresh_token" not in dict(pairs)
    failed = party.ask(auth=None)
    assert failed.headers["Cache-Control"] == "no-store"
    assert set(failed.json()) == {"error", "error_description"}


@rfc("6749 §5.2 challenge", "6749 §5.2 characters")
def test_a_failed_header_is_challenged(oauthcc):
    """Bad Basic credentials get 401 with a Basic challenge, and a description without forbidden characters."""
    data = {"grant_type": "client_credentials", "scope": "x"}
    answer = requests.post(oauthcc.token_url, data=data, auth=('nobody"\\\r\n', "x"), timeout=5)

    assert refused(answer, 401, "invalid_client")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="oauthcc"'


@rfc("6749 §5.2 error-uri")
def test_an_error_uri_is_a_uri(oauthcc_factory):
    """The one that a provider sends is a URI in the characters that it may have; plain errors have none."""
    made = oauthcc_factory("entra", strict=False)
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": "wrong"}
    told = requests.post(made.token_url, data=form, timeout=5).json()["error_uri"]

    assert re.fullmatch(r"https://[\x21\x23-\x5b\x5d-\x7e]+", told)


@rfc("9068 §3 mixed")
def test_scopes_of_two_apis_are_one_too_many(oauthcc_factory):
    """Where a scope names its API, a request for two of them is an invalid scope."""
    made = oauthcc_factory("entra", strict=False)
    who = {"client_id": made.client_id, "client_secret": made.client_secret}
    scope = "https://graph.microsoft.com/.default https://vault.azure.net/.default"
    form = {"grant_type": "client_credentials", "scope": scope, **who}
    answer = requests.post(made.token_url, data=form, timeout=5)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


@rfc("6749 §10.10")
@pytest.mark.parametrize("token_format", ["jwt", "opaque"])
def test_a_token_can_not_be_guessed(oauthcc_factory, token_format):
    """The part that nobody knows has 160 bits or more, and is new in each token."""
    made = oauthcc_factory(token_format=token_format)
    tokens = [made.mint() for _ in range(50)]
    unguessable = [made.authority.state.tokens.get(token).claims.get("jti", token) for token in tokens]

    assert len(set(unguessable)) == 50
    assert min(map(len, unguessable)) * math.log2(64) >= 160


@rfc("8707 §2 absolute", "8707 §2 target")
@pytest.mark.parametrize("resource", ["orders", "/orders", "https://api.one.test/#part", "https://api.three.test/"])
@pytest.mark.oauthcc(audience=["https://api.one.test/", "https://api.two.test/"])
def test_a_resource_is_a_known_absolute_uri(party, resource):
    """What is no absolute URI, has a fragment or is unknown is an invalid target."""
    assert refused(party.ask({"resource": resource}), 400, "invalid_target")


@rfc("8707 §2 repeat", "8707 §2 audience", "9068 §3")
@pytest.mark.oauthcc(audience=["https://api.one.test/", "https://api.two.test/"])
def test_a_token_is_for_the_resources_that_were_asked_for(oauthcc, party):
    """One resource, two, or none: the audience follows."""
    for resources in (["https://api.two.test/"], ["https://api.one.test/", "https://api.two.test/"], []):
        party.ask(data=[("grant_type", "client_credentials"), *(("resource", one) for one in resources)])
    audiences = [token.claims["aud"] for token in oauthcc.tokens]

    assert audiences[0] == "https://api.two.test/"
    assert audiences[1] == audiences[2] == ["https://api.one.test/", "https://api.two.test/"]

from __future__ import annotations

import json
import subprocess

import pytest
import requests
from npm_packages import node_modules

from pytest_oauthcc.core.forgery_names import FORGERIES

SCRIPT = """
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
const { directory, token, keys, alg, issuer, audience, bad } = JSON.parse(readFileSync(0));
const entry = createRequire(directory + "/").resolve("jose");
const { createLocalJWKSet, jwtVerify } = await import(pathToFileURL(entry).href);
const set = createLocalJWKSet(keys);
const options = { issuer, audience, typ: "at+jwt", algorithms: [alg], requiredClaims: ["exp", "iat", "jti", "sub"] };
const good = await jwtVerify(token, set, options);
const verdicts = {};
for (const [name, forged] of Object.entries(bad)) {
  verdicts[name] = await jwtVerify(forged, set, options).then(() => "let in", (error) => error.code);
}
console.log(JSON.stringify({ header: good.protectedHeader, claims: good.payload, verdicts }));
"""

UNKNOWN_KEY = "ERR_JWKS_NO_MATCHING_KEY"
BAD_SIGNATURE = "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"
OTHER_ALGORITHM = "ERR_JOSE_ALG_NOT_ALLOWED"
WRONG_CLAIM = "ERR_JWT_CLAIM_VALIDATION_FAILED"

# What jose says of each forgery; it does not look at what only the issuer knows.
VERDICTS = {
    "expired": "ERR_JWT_EXPIRED",
    "not-yet-valid": WRONG_CLAIM,
    "no-exp": WRONG_CLAIM,
    "wrong-issuer": WRONG_CLAIM,
    "no-issuer": WRONG_CLAIM,
    "other-tenant": WRONG_CLAIM,
    "wrong-audience": WRONG_CLAIM,
    "no-audience": WRONG_CLAIM,
    "wrong-key": BAD_SIGNATURE,
    "unknown-kid": UNKNOWN_KEY,
    "alg-none": OTHER_ALGORITHM,
    "alg-none-capitalized": OTHER_ALGORITHM,
    "alg-none-uppercase": OTHER_ALGORITHM,
    "alg-none-mixed-case": OTHER_ALGORITHM,
    "hs256-public-key": OTHER_ALGORITHM,
    "hs256-empty-secret": OTHER_ALGORITHM,
    "embedded-jwk": UNKNOWN_KEY,
    "foreign-jku": UNKNOWN_KEY,
    "foreign-x5u": UNKNOWN_KEY,
    "kid-path-traversal": OTHER_ALGORITHM,
    "kid-sql-injection": OTHER_ALGORITHM,
    "kid-not-a-text": UNKNOWN_KEY,
    "wrong-typ": WRONG_CLAIM,
    "id-token": WRONG_CLAIM,
    "tampered-payload": BAD_SIGNATURE,
    "stripped-signature": BAD_SIGNATURE,
    "truncated-signature": BAD_SIGNATURE,
    "der-signature": BAD_SIGNATURE,
    "zero-signature": BAD_SIGNATURE,
    "duplicate-claims": "ERR_JWT_EXPIRED",
    "unknown-crit": "ERR_JOSE_NOT_SUPPORTED",
    "oversized": BAD_SIGNATURE,
    "not-a-jwt": "ERR_JWS_INVALID",
    "too-little-scope": "let in",
    "revoked": "let in",
    "other-client": "let in",
    "dpop-as-bearer": "let in",
}


def test_the_table_has_every_forgery():
    """No forgery is kept from jose."""
    assert tuple(VERDICTS) == FORGERIES


@pytest.mark.rfc("9068 §2.1 signed", "9068 §4")
@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"])
def test_jose_agrees(oauthcc_factory, alg):
    """The library that most JavaScript APIs use lets the tokens in, and refuses every forgery with the right error."""
    made = oauthcc_factory(signing_alg=alg)
    bad = {forged.name: forged.value for forged in made.forgeries()}
    given = {
        "directory": str(node_modules().parent),
        "token": made.mint("orders:read"),
        "keys": requests.get(made.jwks_url, timeout=5).json(),
        "alg": alg,
        "issuer": made.issuer,
        "audience": made.api_url,
        "bad": bad,
    }
    done = subprocess.run(
        ["node", "--input-type=module", "-e", SCRIPT],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    assert found["header"]["alg"] == alg
    assert (found["claims"]["client_id"], found["claims"]["scope"]) == (made.client_id, "orders:read")
    assert found["verdicts"] == {name: VERDICTS[name] for name in bad}

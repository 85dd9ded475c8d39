from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
import requests

SCRIPT = """
import { createLocalJWKSet, jwtVerify } from "JOSE";
const { tokens, keys, issuer, audience, bad } = JSON.parse(process.argv[1]);
const set = createLocalJWKSet(keys);
const options = { issuer, audience, typ: "at+jwt", requiredClaims: ["exp", "jti"] };
const verdicts = {};
for (const token of tokens) verdicts[token] = (await jwtVerify(token, set, options)).protectedHeader.alg;
for (const [name, token] of Object.entries(bad)) {
  verdicts[name] = await jwtVerify(token, set, options).then(() => "let in", (error) => error.code ?? error.name);
}
console.log(JSON.stringify(verdicts));
"""
LET_IN = {"too-little-scope", "revoked", "other-client", "dpop-as-bearer"}  # not wrong by what they say


def jose_entry():
    """Return where npm's jose is: below the directory that OAUTHCC_NODE_MODULES names."""
    place = os.environ.get("OAUTHCC_NODE_MODULES")
    return None if place is None or shutil.which("node") is None else f"{place}/jose/dist/webapi/index.js"


@pytest.mark.rfc("9068 §2.1 signed", "9068 §4")
@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "ES384", "EdDSA"])
@pytest.mark.skipif(jose_entry() is None, reason="needs node, and OAUTHCC_NODE_MODULES with jose in it")
def test_jose_agrees(oauthcc_factory, alg):
    """The library that most JavaScript APIs use lets the tokens in, and refuses every forgery that it can see."""
    made = oauthcc_factory(signing_alg=alg)
    token = made.mint("orders:read")
    bad = {forged.name: forged.value for forged in made.forgeries() if forged.name != "oversized"}
    given = {
        "tokens": [token],
        "keys": requests.get(made.jwks_url, timeout=5).json(),
        "issuer": made.issuer,
        "audience": made.api_url,
        "bad": bad,
    }
    script = SCRIPT.replace("JOSE", jose_entry())
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script, json.dumps(given)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    verdicts = json.loads(done.stdout)

    assert verdicts.pop(token) == alg
    assert {name for name, verdict in verdicts.items() if verdict == "let in"} == LET_IN

// Starts oidc-provider with one client, the client credentials grant and JWT access tokens signed by ES256.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.argv[2]}/package.json`);
const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));
const server = createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `http://127.0.0.1:${server.address().port}`;
const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
const provider = new Provider(issuer, {
  clients: [{
    client_id: "orders", client_secret: "s3cret", grant_types: ["client_credentials"], redirect_uris: [],
    response_types: [], token_endpoint_auth_method: "client_secret_post", id_token_signed_response_alg: "ES256",
  }],
  jwks: { keys: [{ ...key, use: "sig", alg: "ES256", kid: "one" }] },
  scopes: ["orders:read"],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `${issuer}/api`,
      getResourceServerInfo: () => ({
        scope: "orders:read", audience: `${issuer}/api`, accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});
server.on("request", provider.callback());
console.log(`token_url ${issuer}/token`);

// oidc-provider as a real authorization server, with a small protected API beside it, on 127.0.0.1.
// Usage: node oidc_provider.mjs DIRECTORY_OF_NODE_MODULES, with the clients as JSON in OAUTHCC_TEST_CLIENTS.
// Prints one line of JSON with its URLs when it is ready, and ends when its standard input does.
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(path.join(path.resolve(process.argv[2]), 'package.json'));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { Provider } = await load('oidc-provider');
const jose = await load('jose');

const clients = JSON.parse(process.env.OAUTHCC_TEST_CLIENTS);
const { privateKey, publicKey } = await jose.generateKeyPair('RS256', { extractable: true });
const key = { ...(await jose.exportJWK(privateKey)), kid: 'server-key', alg: 'RS256', use: 'sig' };

const listen = (handler) => new Promise((resolve) => {
  const server = http.createServer(handler);
  server.listen(0, '127.0.0.1', () => resolve(server));
});
let answer = (_request, response) => response.end();
const server = await listen((request, response) => answer(request, response));
const issuer = `http://127.0.0.1:${server.address().port}`;

const api = await listen(async (request, response) => {
  const refuse = (status, challenge, body) => {
    response.writeHead(status, { 'WWW-Authenticate': challenge, 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '');
  if (!bearer) return refuse(401, 'Bearer realm="orders"', { error: 'unauthorized' });
  const scope = await scopeOf(bearer[1]);
  if (scope === undefined) return refuse(401, 'Bearer realm="orders", error="invalid_token"', { error: 'invalid_token' });
  if (request.url.startsWith('/admin')) {
    return refuse(403, 'Bearer realm="orders", error="insufficient_scope", scope="admin"', { error: 'insufficient_scope' });
  }
  response.writeHead(200, { 'Content-Type': 'application/json' });
  return response.end(JSON.stringify({ orders: [7], method: request.method }));
});

const provider = new Provider(issuer, {
  clients: clients.map(({ resource: _resource, ...client }) => ({
    grant_types: ['client_credentials'], redirect_uris: [], response_types: [], ...client,
  })),
  jwks: { keys: [key] },
  scopes: ['orders:read', 'orders:write'],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'],
  ttl: { ClientCredentials: 600 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, client) => clients.find((known) => known.client_id === client.clientId)?.resource,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => ({
        scope: 'orders:read orders:write',
        audience: resource,
        accessTokenTTL: 600,
        accessTokenFormat: resource.endsWith('/opaque') ? 'opaque' : 'jwt',
        jwt: { sign: { alg: 'RS256', kid: 'server-key' } },
      }),
    },
  },
});
provider.on('server_error', (_ctx, error) => console.error(error));
answer = provider.callback();

async function scopeOf(token) {
  const stored = await provider.ClientCredentials.find(token);
  if (stored) return stored.scope ?? '';
  try {
    const { payload } = await jose.jwtVerify(token, publicKey, { issuer });
    return payload.scope ?? '';
  } catch {
    return undefined;
  }
}

console.log(JSON.stringify({
  issuer, token_url: `${issuer}/token`, api_url: `http://127.0.0.1:${api.address().port}/`,
  jwks_url: `${issuer}/jwks`, introspection_url: `${issuer}/token/introspection`,
}));
process.stdin.on('end', () => process.exit(0)).resume();

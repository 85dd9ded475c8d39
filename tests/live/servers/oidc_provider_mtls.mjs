// oidc-provider behind HTTPS that asks for client certificates (RFC 8705), with an API that checks bound tokens.
// Usage: node oidc_provider_mtls.mjs DIRECTORY_OF_NODE_MODULES DIRECTORY_OF_CERTIFICATES, with the clients as JSON in
// OAUTHCC_TEST_CLIENTS. Prints one line of JSON with its URLs when it is ready, and ends when its standard input does.
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(path.join(path.resolve(process.argv[2]), 'package.json'));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { Provider } = await load('oidc-provider');
const jose = await load('jose');

const file = (name) => readFileSync(path.join(process.argv[3], name));
const tls = { cert: file('server.pem'), key: file('server.key'), ca: file('clients.pem'), requestCert: true, rejectUnauthorized: false };
const clients = JSON.parse(process.env.OAUTHCC_TEST_CLIENTS);
const { privateKey, publicKey } = await jose.generateKeyPair('RS256', { extractable: true });
const key = { ...(await jose.exportJWK(privateKey)), kid: 'server-key', alg: 'RS256', use: 'sig' };

const certificateOf = (socket) => {
  const { raw } = socket.getPeerCertificate();
  return raw ? new X509Certificate(raw) : undefined;
};
const listen = (handler) => new Promise((resolve) => {
  const server = https.createServer(tls, handler);
  server.listen(0, '127.0.0.1', () => resolve(server));
});
let answer = (_request, response) => response.end();
const server = await listen((request, response) => answer(request, response));
const issuer = `https://127.0.0.1:${server.address().port}`;

const api = await listen(async (request, response) => {
  const refuse = () => {
    response.writeHead(401, { 'WWW-Authenticate': 'Bearer realm="orders", error="invalid_token"', 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ error: 'invalid_token' }));
  };
  try {
    const { payload } = await jose.jwtVerify(request.headers.authorization.slice(7), publicKey, { issuer });
    const shown = createHash('sha256').update(certificateOf(request.socket).raw).digest('base64url');
    if (payload.cnf['x5t#S256'] !== shown) return refuse();
  } catch {
    return refuse();
  }
  response.writeHead(200, { 'Content-Type': 'application/json' });
  return response.end(JSON.stringify({ orders: [7] }));
});

const provider = new Provider(issuer, {
  clients: clients.map((client) => ({ grant_types: ['client_credentials'], redirect_uris: [], response_types: [], ...client })),
  jwks: { keys: [key] },
  scopes: ['orders:read'],
  clientAuthMethods: ['tls_client_auth', 'self_signed_tls_client_auth'],
  ttl: { ClientCredentials: 600 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      tlsClientAuth: true,
      selfSignedTlsClientAuth: true,
      getCertificate: (ctx) => certificateOf(ctx.socket),
      certificateAuthorized: (ctx) => ctx.socket.authorized,
      certificateSubjectMatches: (ctx, property, expected) => property === 'tls_client_auth_subject_dn'
        && certificateOf(ctx.socket).subject.split('\n').reverse().join(',') === expected,
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'https://api.orders.example',
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => ({
        scope: 'orders:read', audience: resource, accessTokenTTL: 600, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256', kid: 'server-key' } },
      }),
    },
  },
});
provider.on('server_error', (_ctx, error) => console.error(error));
answer = provider.callback();

console.log(JSON.stringify({ issuer, token_url: `${issuer}/token`, api_url: `https://127.0.0.1:${api.address().port}/` }));
process.stdin.on('end', () => process.exit(0)).resume();

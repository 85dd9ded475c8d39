// Starts oauth2-mock-server with a key of the algorithm that ours signs with by default.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.argv[2]}/package.json`);
const { OAuth2Server } = await import(pathToFileURL(require.resolve("oauth2-mock-server")));
const server = new OAuth2Server();
await server.issuer.keys.generate("ES256");
await server.start(0, "127.0.0.1");
console.log(`token_url http://127.0.0.1:${server.address().port}/token`);

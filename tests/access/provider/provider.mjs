// An OpenID provider on a free port: whoever gives a name as a login is that person.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [, , redirect] = process.argv;
const server = createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const issuer = `http://127.0.0.1:${server.address().port}`;
const groups = { ann: ["dispatch"], vic: ["everybody"], max: [] };

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "gridtwin",
      client_secret: "of-the-client-of-these-tests",
      redirect_uris: [redirect],
      post_logout_redirect_uris: [new URL("/", redirect).href],
    },
  ],
  scopes: ["openid", "profile", "email"],
  claims: { openid: ["sub"], profile: ["preferred_username", "groups"], email: ["email"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, groups: groups[id] ?? [] }),
  }),
  pkce: { required: () => true },
  cookies: { keys: ["of-these-tests"] },
  features: { rpInitiatedLogout: { enabled: true } },
});
server.on("request", provider.callback());
process.stdout.write(`${issuer}\n`);

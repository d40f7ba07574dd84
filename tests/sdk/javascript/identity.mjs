// Today's JavaScript identity libraries get their tokens from the development issuer, over TLS and
// with nothing changed but the address, and the Graph SDK uses them. They refuse an issuer that is
// not the URL that they asked.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

import { Client, POOLS, URL_OF_SERVICE, newPool, proving, refusal } from "./graph.mjs";

const installed = createRequire(`${process.env.ESIMPOOL_SDK}/`);
const { ClientSecretCredential } = installed("@azure/identity");
const { ConfidentialClientApplication } = installed("@azure/msal-node");
const { TokenCredentialAuthenticationProvider } = installed(
  "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials",
);
const openid = await import(pathToFileURL(installed.resolve("openid-client")));

const TENANT = "11111111-2222-3333-4444-555555555555";
const SCOPE = "https://graph.microsoft.com/.default";
const host = new URL(URL_OF_SERVICE);

const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

/** The SDK's client with any provider of tokens. */
const graph = (authProvider) =>
  Client.initWithMiddleware({
    baseUrl: `${URL_OF_SERVICE}/`,
    defaultVersion: "beta",
    customHosts: new Set([host.hostname]),
    authProvider,
  });

const holding = (token) => graph({ getAccessToken: async () => token });

const credential = (id, secret = "secret") =>
  new ClientSecretCredential(TENANT, id, secret, {
    authorityHost: URL_OF_SERVICE,
    disableInstanceDiscovery: true,
  });

const byCredential = (id) =>
  graph(new TokenCredentialAuthenticationProvider(credential(id), { scopes: [SCOPE] }));

const application = (id, clientSecret = "secret") =>
  new ConfidentialClientApplication({
    auth: {
      clientId: id,
      clientSecret,
      authority: `${URL_OF_SERVICE}/${TENANT}`,
      knownAuthorities: [host.host],
    },
  });

await proving("@azure/identity gets a token, and the Graph SDK creates a pool with it", async () => {
  const created = await byCredential("writer").api(POOLS).post(newPool("By @azure/identity"));
  const read = await byCredential("reader").api(POOLS).get();
  assert.ok(read.value.some((pool) => pool.id === created.id));
});

await proving("a client that may only read is a 403 on create", async () => {
  await refusal(byCredential("reader").api(POOLS).post(newPool("Refused")), 403, "Forbidden");
});

await proving("a wrong secret is told as Entra tells it", async () => {
  await assert.rejects(credential("writer", "wrong").getToken(SCOPE), /AADSTS7000215/);
});

await proving("@azure/msal-node gets a token, and the Graph SDK lists pools with it", async () => {
  const writer = application("writer");
  const found = await writer.acquireTokenByClientCredential({ scopes: [SCOPE] });
  assert.equal(found.fromCache, false);
  assert.ok(Array.isArray((await holding(found.accessToken).api(POOLS).get()).value));
  const again = await writer.acquireTokenByClientCredential({ scopes: [SCOPE] });
  assert.equal(again.fromCache, true);
  await assert.rejects(
    application("writer", "wrong").acquireTokenByClientCredential({ scopes: [SCOPE] }),
    /7000215/,
  );
});

await proving("openid-client discovers the issuer, and finds its name in the token", async () => {
  for (const authentication of [openid.ClientSecretPost, openid.ClientSecretBasic]) {
    const server = new URL(`${URL_OF_SERVICE}/${TENANT}/v2.0`);
    const found = await openid.discovery(server, "writer", {}, authentication("secret"));
    assert.equal(found.serverMetadata().issuer, server.href);
    const { access_token } = await openid.clientCredentialsGrant(found, { scope: SCOPE });
    assert.equal(claims(access_token).iss, server.href);
    await holding(access_token).api(POOLS).get();
  }
});

console.log("OK");

// Today's JavaScript identity libraries get their tokens from the development issuer, over TLS and
// with nothing changed but the address, and the Graph SDK uses them. They refuse an issuer that is
// not the URL that they asked.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

import { Client, POOLS, URL_OF_SERVICE, newPool, proving, refusal } from "./graph.mjs";

const installed = createRequire(`${process.env.ESIMPOOL_SDK}/`);
const { ClientSecretCredential } = installed("@azure/identity");
const { ConfidentialClientApplication, CryptoProvider, PublicClientApplication } =
  installed("@azure/msal-node");
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

const PUBLIC = "de7e10b0-a44c-4001-9b00-000000000002";
const READ = "DeviceManagementConfiguration.Read.All";
const ADMINISTRATOR = "de7e10b0-05e4-4001-9b00-000000000001";
const BACK = "http://localhost:49152/back";

/** Signs in on the page at an address as the administrator, and returns where that leads. */
async function signIn(address) {
  const page = await (await fetch(address)).text();
  const [, ticket] = page.match(/name="ticket" value="([^"]+)"/) ?? assert.fail(page);
  const form = { ticket, user: ADMINISTRATOR, permission: READ, action: "allow" };
  const action = String(address).split("?")[0];
  const answer = await fetch(action, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams(form),
  });
  assert.equal(answer.status, 303, await answer.text());
  return new URL(answer.headers.get("location"));
}

await proving("openid-client signs in by a code with PKCE, and checks who answers", async () => {
  const server = new URL(`${URL_OF_SERVICE}/${TENANT}/v2.0`);
  const found = await openid.discovery(server, PUBLIC, undefined, openid.None());
  const verifier = openid.randomPKCECodeVerifier();
  const [state, nonce] = [openid.randomState(), openid.randomNonce()];
  const address = openid.buildAuthorizationUrl(found, {
    redirect_uri: BACK,
    scope: `openid offline_access https://graph.microsoft.com/${READ}`,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  const back = await signIn(address);
  const tokens = await openid.authorizationCodeGrant(found, back, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
  });
  assert.equal(tokens.claims().iss, server.href);
  await holding(tokens.access_token).api(POOLS).get();
  const next = await openid.refreshTokenGrant(found, tokens.refresh_token);
  await holding(next.access_token).api(POOLS).get();
  await assert.rejects(openid.refreshTokenGrant(found, tokens.refresh_token), {
    error: "invalid_grant",
    error_description: /AADSTS50173/,
  });
  await assert.rejects(
    openid.authorizationCodeGrant(found, new URL(`${back}`.replace(/iss=[^&]+/, "iss=https%3A%2F%2Fevil")), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
    }),
  );
});

await proving("@azure/msal-node signs in by a code, and gets the next token without the user", async () => {
  const desktop = new PublicClientApplication({
    auth: {
      clientId: PUBLIC,
      authority: `${URL_OF_SERVICE}/${TENANT}`,
      knownAuthorities: [host.host],
    },
  });
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
  const request = { scopes: [`https://graph.microsoft.com/${READ}`], redirectUri: BACK };
  const address = await desktop.getAuthCodeUrl({
    ...request,
    codeChallenge: challenge,
    codeChallengeMethod: "S256",
  });
  const code = (await signIn(address)).searchParams.get("code");
  const found = await desktop.acquireTokenByCode({ ...request, code, codeVerifier: verifier });
  assert.equal(found.account.username, "administrator@esimpool.localhost");
  await holding(found.accessToken).api(POOLS).get();
  const next = await desktop.acquireTokenSilent({
    scopes: request.scopes,
    account: found.account,
    forceRefresh: true,
  });
  assert.equal(next.fromCache, false);
  await holding(next.accessToken).api(POOLS).get();
});

console.log("OK");

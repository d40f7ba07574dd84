// The genuine JavaScript SDK, pointed at the service that the environment names, and what the
// scripts share: a record of the requests that really went out, and words about what was proved.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

export const { BatchRequestContent, BatchResponseContent, Client, GraphError, PageIterator } =
  createRequire(`${process.env.ESIMPOOL_SDK}/`)("@microsoft/microsoft-graph-client");

export const URL_OF_SERVICE = process.env.ESIMPOOL_URL;
export const POOLS = "/deviceManagement/embeddedSIMActivationCodePools";

/** Requests that went out, as `GET /{}/assignments`. */
export const sent = new Set();

const fetch = globalThis.fetch;
globalThis.fetch = (request, options) => {
  const url = new URL(request.url ?? request);
  const path = url.pathname.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "{}");
  sent.add(`${options?.method ?? request.method} ${path.replace(`/beta${POOLS}`, "")}`);
  return fetch(request, options);
};

/** The SDK's client. It sends a token only over TLS, and only to hosts that it is told of. */
export function client(token = process.env.ESIMPOOL_TOKEN) {
  return Client.init({
    baseUrl: `${URL_OF_SERVICE}/`,
    defaultVersion: "beta",
    customHosts: new Set([new URL(URL_OF_SERVICE).hostname]),
    authProvider: (done) => done(null, token),
  });
}

export const reader = () => client(process.env.ESIMPOOL_READER_TOKEN);

/** A pool's request, with that many codes. */
export function newPool(displayName, codes = 2) {
  const code = (_, number) => ({
    integratedCircuitCardIdentifier: `89440000000000${String(number).padStart(6, "0")}`,
    matchingIdentifier: `MATCH-${number}`,
    smdpPlusServerAddress: "smdp.example.com",
  });
  return { displayName, activationCodes: Array.from({ length: codes }, code) };
}

export const target = (kind, more = {}) => ({
  "@odata.type": `#microsoft.graph.${kind}AssignmentTarget`,
  ...more,
});

/** The GraphError that a call ends with; of that status and code, and with the request's id. */
export async function refusal(call, status, code) {
  const error = await call.then(
    (answer) => assert.fail(`${status} ${code} wanted, and it gave ${JSON.stringify(answer)}`),
    (error) => error,
  );
  assert.ok(error instanceof GraphError, error);
  assert.equal(error.statusCode, status, error.message);
  assert.equal(error.code, code, error.message);
  assert.equal(error.requestId, error.headers.get("request-id"), "the request's id");
  assert.ok(error.message, "a message");
  assert.ok(!Number.isNaN(error.date.getTime()), "a date");
  return error;
}

/** Proves something, and then says so. */
export async function proving(sentence, proof) {
  const result = await proof();
  console.log(`  ${sentence}`);
  return result;
}

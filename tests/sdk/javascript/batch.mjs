// Microsoft's own JavaScript SDK batches over TLS: twenty requests in one, one after another where
// they depend, each part with its own answer as a Response, found under the header names that its
// BatchResponseContent looks for.

import assert from "node:assert/strict";

import {
  BatchRequestContent, BatchResponseContent, POOLS, URL_OF_SERVICE, client, newPool, proving,
  reader, refusal,
} from "./graph.mjs";

const graph = client();
const NOBODY = `${POOLS}/00000000-0000-0000-0000-000000000000`;

/** A step of a batch. The SDK cuts the host off and keeps the rest. */
function step(id, method, path, { body, dependsOn } = {}) {
  const headers = body && { "Content-Type": "application/json" };
  const request = new Request(URL_OF_SERVICE + path, { method, headers, body: JSON.stringify(body) });
  return { id, request, dependsOn };
}

async function send(steps, sender = graph) {
  const content = await new BatchRequestContent(steps).getContent();
  return new BatchResponseContent(await sender.api("/$batch").post(content));
}

const statuses = (answer) =>
  Object.fromEntries([...answer.getResponses()].map(([id, { status }]) => [id, status]));
const json = (answer, id) => answer.getResponseById(id).json();

const created = await proving("twenty pools are created by one request", async () => {
  const ids = Array.from({ length: 20 }, (_, number) => String(number));
  const answer = await send(ids.map((id) => step(id, "POST", POOLS, { body: newPool(`many ${id}`) })));
  const pools = await Promise.all(ids.map((id) => json(answer, id)));
  assert.deepEqual(pools.map(({ displayName }) => displayName), ids.map((id) => `many ${id}`));
  assert.equal(new Set(pools.map(({ id }) => id)).size, 20);
  return pools;
});
const one = `${POOLS}/${created[0].id}`;

await proving("a part may read, change, delete or count, with /beta before its path or without", async () => {
  const answer = await send([
    step("read", "GET", `/beta${one}?$expand=assignments`),
    step("change", "PATCH", one, { body: { ...created[0], displayName: "changed" } }),
    step("delete", "DELETE", `${POOLS}/${created[1].id}`),
    step("count", "GET", `${POOLS}/$count`),
    step("page", "GET", `${POOLS}?$filter=startswith(displayName,'many')&$top=2&$orderby=displayName`),
  ]);
  assert.deepEqual(statuses(answer), { read: 200, change: 200, delete: 204, count: 200, page: 200 });
  assert.deepEqual((await json(answer, "read")).assignments, []);
  assert.equal((await json(answer, "change")).activationCodeCount, 2, "the codes survive");
  assert.equal(await answer.getResponseById("delete").text(), "");
  assert.match(await answer.getResponseById("count").text(), /^\d+$/);
  const page = await json(answer, "page");
  assert.equal(page.value.length, 2);
  const next = await graph.api(page["@odata.nextLink"]).get();
  assert.equal(next.value.length, 2, "a next link out of a batch goes on outside of it");
  await refusal(graph.api(`${POOLS}/${created[1].id}`).get(), 404, "ResourceNotFound");
});

await proving("parts that depend on one another are done in that order", async () => {
  const steps = Array.from({ length: 10 }, (_, number) =>
    step(`step ${number}`, "PATCH", one, {
      body: { displayName: `name ${number}` },
      dependsOn: number ? [`step ${number - 1}`] : undefined,
    }));
  const answer = await send(steps);
  assert.deepEqual([...new Set(Object.values(statuses(answer)))], [200]);
  assert.equal((await graph.api(one).get()).displayName, "name 9");
});

await proving("what depends on a failed part is a 424 and not done, the rest is not touched", async () => {
  const answer = await send([
    step("missing", "GET", NOBODY),
    step("after", "DELETE", one, { dependsOn: ["missing"] }),
  ]);
  assert.deepEqual(statuses(answer), { missing: 404, after: 424 });
  const { error } = await json(answer, "missing");
  assert.equal(error.code, "ResourceNotFound");
  assert.ok(error.innerError["request-id"]);
  assert.ok((await json(answer, "after")).error.code);
  assert.equal((await graph.api(one).get()).displayName, "name 9");
});

await proving("each part needs its own permission, and the whole a good token", async () => {
  const steps = [step("read", "GET", POOLS), step("write", "POST", POOLS, { body: newPool("no") })];
  const answer = await send(steps, reader());
  assert.deepEqual(statuses(answer), { read: 200, write: 403 });
  assert.equal((await json(answer, "write")).error.code, "Forbidden");
  await refusal(send([step("read", "GET", POOLS)], client("no.real.token")), 401, "InvalidAuthenticationToken");
});

await proving("a batch that breaks the rules is a 400 as a whole", async () => {
  const content = await new BatchRequestContent([step("a", "GET", POOLS)]).getContent();
  const twice = { requests: [content.requests[0], { ...content.requests[0], id: "A" }] };
  await refusal(graph.api("/$batch").post(twice), 400, "BadRequest");
  const many = Array.from({ length: 21 }, (_, id) => ({ ...content.requests[0], id: String(id) }));
  await refusal(graph.api("/$batch").post({ requests: many }), 400, "BadRequest");
});

console.log("OK");

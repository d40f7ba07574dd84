// Create and get pools in the usual style of Fastify: tokens checked by fast-jwt without its cache,
// bodies and responses validated by schemas, node-postgres with prepared statements, and the audit
// event in the same statement. No encryption and no OData; requests are logged by Fastify.
import { createHash, createPublicKey, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

import { createVerifier } from "fast-jwt";
import Fastify from "fastify";
import pg from "pg";

const POOLS = "/beta/deviceManagement/embeddedSIMActivationCodePools";
const WRITE = "DeviceManagementConfiguration.ReadWrite.All";
const READ = "DeviceManagementConfiguration.Read.All";

const { keys } = JSON.parse(readFileSync(process.env.KEYS, "utf8"));
const key = createPublicKey({ key: keys[0], format: "jwk" }).export({ type: "spki", format: "pem" });
const verify = createVerifier({
  key,
  algorithms: ["RS256"],
  allowedIss: process.env.ISSUERS.split(" "),
  allowedAud: process.env.AUDIENCE,
});

const database = new pg.Pool({ max: 16 });
const app = Fastify({ logger: true });

// A time-ordered UUID (version 7).
function newId() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function allows(...permissions) {
  return async (request, reply) => {
    const [scheme, token] = (request.headers.authorization ?? "").split(" ");
    try {
      if (scheme !== "Bearer") throw new Error("no bearer");
      request.caller = verify(token);
    } catch {
      return reply.code(401).send({ error: { code: "InvalidAuthenticationToken" } });
    }
    const roles = request.caller.roles ?? [];
    if (!permissions.some((permission) => roles.includes(permission))) {
      return reply.code(403).send({ error: { code: "Forbidden" } });
    }
  };
}

const text = { type: "string", minLength: 1, maxLength: 255 };
const code = {
  type: "object",
  required: [
    "integratedCircuitCardIdentifier",
    "matchingIdentifier",
    "smdpPlusServerAddress",
  ],
  properties: {
    "@odata.type": { type: "string" },
    integratedCircuitCardIdentifier: text,
    matchingIdentifier: text,
    smdpPlusServerAddress: text,
  },
};
const body = {
  type: "object",
  required: ["displayName"],
  properties: {
    "@odata.type": { type: "string" },
    displayName: text,
    activationCodes: { type: "array", items: code, default: [] },
  },
};
const poolSchema = {
  type: "object",
  properties: {
    "@odata.context": { type: "string" },
    "@odata.type": { type: "string" },
    "@odata.etag": { type: "string" },
    id: { type: "string" },
    displayName: { type: "string" },
    createdDateTime: { type: "string" },
    modifiedDateTime: { type: "string" },
    activationCodes: { type: "array", items: code },
    activationCodeCount: { type: "integer" },
  },
};

function poolJson(request, pool, codes) {
  return {
    "@odata.context": `http://${request.headers.host}/beta/$metadata#deviceManagement/embeddedSIMActivationCodePools/$entity`,
    "@odata.type": "#microsoft.graph.embeddedSIMActivationCodePool",
    "@odata.etag": `W/"${pool.revision}"`,
    id: pool.id,
    displayName: pool.display_name,
    createdDateTime: pool.created_at.toISOString(),
    modifiedDateTime: pool.modified_at.toISOString(),
    activationCodes: codes,
    activationCodeCount: pool.code_count,
  };
}

const CREATE = `
  with pool as (
    insert into pools
      (tenant_id, id, display_name, display_name_folded, code_count, revision, created_at,
       modified_at)
    values ($1, $2, $8, $9, $10, 1, $3, $3)
  ), entry as (
    insert into audit_events
      (tenant_id, id, at, activity, operation, category, app_id, user_id, request_id, resources)
    values ($1, $11, $3, 'createPool', 'Create', 'DeviceConfiguration', $12, null, $13, $14)
  )
  insert into activation_codes
    (tenant_id, pool_id, state_changed_at, key_id, unique_iccid, state, position, id, iccid,
     smdp_address, matching_id, fingerprint)
  select
    $1, $2, $3, 1, null,
    case when exists (
      select 1 from handouts
      where handouts.tenant_id = $1 and handouts.fingerprint = code.fingerprint
        and handouts.outcome <> 10) then 9 else 0 end,
    code.position - 1, code.id, code.iccid, code.smdp_address, code.matching_id, code.fingerprint
  from unnest($4::uuid[], $5::text[], $6::text[], $7::bytea[], $15::bytea[])
    with ordinality as code (id, iccid, smdp_address, matching_id, fingerprint, position)`;

app.post(
  POOLS,
  { onRequest: allows(WRITE), schema: { body, response: { 201: poolSchema } } },
  async (request, reply) => {
    const { displayName, activationCodes: codes } = request.body;
    const [id, at, tenant] = [newId(), new Date(), request.caller.tid];
    const resources = JSON.stringify([
      {
        kind: "embeddedSIMActivationCodePool",
        id,
        name: displayName,
        changes: [["activationCodeCount", null, String(codes.length)]],
      },
    ]);
    // As long as the encrypted value, which has a nonce and a tag.
    const sealed = (it) =>
      Buffer.concat([Buffer.alloc(12), Buffer.from(it.matchingIdentifier), Buffer.alloc(16)]);
    const fingerprint = (it) =>
      createHash("sha256")
        .update(it.smdpPlusServerAddress)
        .update(it.matchingIdentifier)
        .digest()
        .subarray(0, 16);
    await database.query({
      name: "create",
      text: CREATE,
      values: [
        tenant,
        id,
        at,
        codes.map(newId),
        codes.map((it) => it.integratedCircuitCardIdentifier),
        codes.map((it) => it.smdpPlusServerAddress),
        codes.map(sealed),
        displayName,
        displayName.toLowerCase(),
        codes.length,
        newId(),
        request.caller.appid,
        newId(),
        resources,
        codes.map(fingerprint),
      ],
    });
    const pool = {
      id,
      display_name: displayName,
      code_count: codes.length,
      revision: 1,
      created_at: at,
      modified_at: at,
    };
    return reply.code(201).header("location", `${POOLS}/${id}`).send(poolJson(request, pool, codes));
  },
);

const GET = `
  select id, display_name, code_count, revision, created_at, modified_at
  from pools where tenant_id = $1 and id = $2`;

app.get(
  `${POOLS}/:id`,
  { onRequest: allows(READ, WRITE), schema: { response: { 200: poolSchema } } },
  async (request, reply) => {
    const values = [request.caller.tid, request.params.id];
    const { rows } = await database.query({ name: "get", text: GET, values });
    if (rows.length === 0) {
      return reply.code(404).send({ error: { code: "ResourceNotFound" } });
    }
    return poolJson(request, rows[0], []);
  },
);

app.get("/livez", async () => ({ status: "alive" }));

await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });

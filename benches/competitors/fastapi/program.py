"""Create and get pools in the usual style of FastAPI: tokens checked by PyJWT, bodies validated by
pydantic, asyncpg (which prepares its statements), and the audit event in the same statement. No
encryption and no OData; requests are logged by uvicorn."""

import hashlib
import json
import os
import time
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import jwt
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

POOLS = "/beta/deviceManagement/embeddedSIMActivationCodePools"
WRITE = "DeviceManagementConfiguration.ReadWrite.All"
READ = "DeviceManagementConfiguration.Read.All"

with open(os.environ["KEYS"], encoding="utf-8") as file:
    KEY = jwt.PyJWK(json.load(file)["keys"][0]).key


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with asyncpg.create_pool(min_size=16, max_size=16) as pool:
        app.state.database = pool
        yield


app = FastAPI(lifespan=lifespan)
Text = Annotated[str, Field(min_length=1, max_length=255)]


class Code(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    odata_type: str | None = Field(None, alias="@odata.type")
    iccid: Text = Field(alias="integratedCircuitCardIdentifier")
    matching_id: Text = Field(alias="matchingIdentifier")
    address: Text = Field(alias="smdpPlusServerAddress")


class NewPool(BaseModel):
    odata_type: str | None = Field(None, alias="@odata.type")
    name: Text = Field(alias="displayName")
    codes: list[Code] = Field(default_factory=list, alias="activationCodes")


def new_id() -> UUID:
    """A time-ordered UUID (version 7)."""
    millis = time.time_ns() // 1_000_000
    number = (millis << 80) | int.from_bytes(os.urandom(10))
    number = number & ~(0xF << 76) | 0x7 << 76
    return UUID(int=number & ~(0x3 << 62) | 0x2 << 62)


def allows(*permissions: str):
    def caller(request: Request) -> dict[str, Any]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            if scheme != "Bearer":
                raise jwt.InvalidTokenError
            claims = jwt.decode(
                token,
                KEY,
                algorithms=["RS256"],
                audience=os.environ["AUDIENCE"],
                issuer=os.environ["ISSUERS"].split(),
            )
        except jwt.InvalidTokenError as error:
            raise HTTPException(401, "InvalidAuthenticationToken") from error
        if not any(permission in claims.get("roles", []) for permission in permissions):
            raise HTTPException(403, "Forbidden")
        return claims

    # Asynchronous, because FastAPI runs other functions on another thread.
    async def dependency(request: Request) -> dict[str, Any]:
        return caller(request)

    return dependency


def pool_json(request: Request, pool: Any, codes: list[Any]) -> dict[str, Any]:
    return {
        "@odata.context": f"http://{request.headers['host']}/beta/$metadata"
        "#deviceManagement/embeddedSIMActivationCodePools/$entity",
        "@odata.type": "#microsoft.graph.embeddedSIMActivationCodePool",
        "@odata.etag": f'W/"{pool["revision"]}"',
        "id": str(pool["id"]),
        "displayName": pool["display_name"],
        "createdDateTime": pool["created_at"].isoformat(),
        "modifiedDateTime": pool["modified_at"].isoformat(),
        "activationCodes": codes,
        "activationCodeCount": pool["code_count"],
    }


CREATE = """
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
    with ordinality as code (id, iccid, smdp_address, matching_id, fingerprint, position)"""


def fingerprint(code: Code) -> bytes:
    return hashlib.sha256((code.address + code.matching_id).encode()).digest()[:16]


@app.post(POOLS, status_code=201)
async def create(
    request: Request, new: NewPool, caller: Annotated[dict, Depends(allows(WRITE))]
) -> Response:
    pool, at, codes = new_id(), datetime.now(timezone.utc), new.codes
    resources = [
        {
            "kind": "embeddedSIMActivationCodePool",
            "id": str(pool),
            "name": new.name,
            "changes": [["activationCodeCount", None, str(len(codes))]],
        }
    ]
    await request.app.state.database.execute(
        CREATE,
        UUID(caller["tid"]),
        pool,
        at,
        [new_id() for _ in codes],
        [code.iccid for code in codes],
        [code.address for code in codes],
        # As long as the encrypted value, which has a nonce and a tag.
        [bytes(12) + code.matching_id.encode() + bytes(16) for code in codes],
        new.name,
        new.name.lower(),
        len(codes),
        new_id(),
        caller["appid"],
        new_id(),
        json.dumps(resources, separators=(",", ":")),
        [fingerprint(code) for code in codes],
    )
    row = {
        "id": pool,
        "display_name": new.name,
        "code_count": len(codes),
        "revision": 1,
        "created_at": at,
        "modified_at": at,
    }
    echoed = [code.model_dump(by_alias=True) for code in codes]
    headers = {"location": f"{POOLS}/{pool}"}
    return JSONResponse(pool_json(request, row, echoed), 201, headers)


@app.get(POOLS + "/{pool}")
async def get(
    request: Request, pool: UUID, caller: Annotated[dict, Depends(allows(READ, WRITE))]
) -> Response:
    row = await request.app.state.database.fetchrow(
        """
        select id, display_name, code_count, revision, created_at, modified_at
        from pools where tenant_id = $1 and id = $2""",
        UUID(caller["tid"]),
        pool,
    )
    if row is None:
        raise HTTPException(404, "ResourceNotFound")
    return JSONResponse(pool_json(request, row, []))


@app.get("/livez")
async def livez() -> dict[str, str]:
    return {"status": "alive"}

-- Who changed what. Written in the transaction of the change: what cannot be written down does not
-- happen.
create table audit_events (
    tenant_id  uuid not null,
    id         uuid not null,
    at         timestamptz not null,
    activity   text collate "C" not null,
    operation  text collate "C" not null,
    category   text collate "C" not null,
    app_id     text collate "C",
    user_id    text collate "C",
    request_id uuid not null,
    -- What it was done to, as JSON. No secrets.
    resources  text not null,
    primary key (tenant_id, id)
);
create index audit_events_by_time on audit_events (tenant_id, at);

-- What a POST with an Idempotency-Key came to, for as long as the key is remembered. Neither its
-- body nor a secret: ids, by which the answer is made again.
create table idempotency_keys (
    tenant_id uuid not null,
    -- Whose key it is.
    caller    text collate "C" not null,
    key       text collate "C" not null,
    -- Keyed hash of verb, path and body: another request under the same key is refused.
    request   bytea not null,
    outcome   text not null,
    at        timestamptz not null,
    constraint idempotency_keys_once primary key (tenant_id, caller, key)
);

-- From how many free codes down a pool's stock is low; null: what the settings say.
alter table pools add column low_stock_threshold integer;

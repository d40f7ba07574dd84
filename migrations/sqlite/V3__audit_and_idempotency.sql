-- Who changed what. Written in the transaction of the change: what cannot be written down does not
-- happen.
create table audit_events (
    tenant_id  blob not null,
    id         blob not null,
    at         integer not null,
    activity   text not null,
    operation  text not null,
    category   text not null,
    app_id     text,
    user_id    text,
    request_id blob not null,
    -- What it was done to, as JSON. No secrets.
    resources  text not null,
    primary key (tenant_id, id)
) strict;
create index audit_events_by_time on audit_events (tenant_id, at);

-- What a POST with an Idempotency-Key came to, for as long as the key is remembered. Neither its
-- body nor a secret: ids, by which the answer is made again.
create table idempotency_keys (
    tenant_id blob not null,
    -- Whose key it is.
    caller    text not null,
    key       text not null,
    -- Keyed hash of verb, path and body: another request under the same key is refused.
    request   blob not null,
    outcome   text not null,
    at        integer not null,
    constraint idempotency_keys_once primary key (tenant_id, caller, key)
) strict;

-- From how many free codes down a pool's stock is low; null: what the settings say.
alter table pools add column low_stock_threshold integer;

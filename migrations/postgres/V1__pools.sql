-- Tenant first in every key; ids are made by the service; nothing here but tables and indexes.
-- Text is compared by code point, whatever the cluster's locale.

-- Raised by a migration that takes something away: programs whose newest migration is older
-- than this refuse to work on the schema. A program may meet a newer schema otherwise.
create table schema_compatibility (
    oldest_program integer not null
);
insert into schema_compatibility (oldest_program) values (1);

-- By which a server knows its master key again. No row: an empty database.
create table encryption_checks (
    master_key_id text collate "C" not null primary key,
    check_value   bytea not null
);

-- Each tenant's keys, wrapped by the master key.
create table tenant_keys (
    tenant_id       uuid not null,
    key_id          integer not null,
    master_key_id   text collate "C" not null,
    data_key        bytea not null,
    fingerprint_key bytea not null,
    primary key (tenant_id, key_id)
);

create table pools (
    tenant_id           uuid not null,
    id                  uuid not null,
    display_name        text collate "C" not null,
    -- Lower case by Unicode's rules, as the service folds it.
    display_name_folded text collate "C" not null,
    code_count          integer not null check (code_count >= 0),
    revision            bigint not null,
    created_at          timestamptz not null,
    modified_at         timestamptz not null,
    primary key (tenant_id, id)
);

-- No foreign key to pools: it would cost a third of each insert. Codes are inserted only by a
-- statement that has inserted or locked their pool, and a pool's removal takes its codes after it
-- holds that lock; a test races the two.
create table activation_codes (
    tenant_id        uuid not null,
    pool_id          uuid not null,
    -- The place in the pool, from 0, without gaps.
    ord              integer not null,
    id               uuid not null,
    iccid            text collate "C" not null,
    smdp_address     text collate "C" not null,
    -- Nonce, ciphertext and tag under the tenant's data key key_id.
    matching_id      bytea not null,
    key_id           integer not null,
    -- Keyed hash of address and matching id, by which equal secrets are found.
    fingerprint      bytea not null,
    -- The ICCID, where it must be the tenant's only one.
    unique_iccid     text collate "C",
    -- Graph's embeddedSIMDeviceStateValue, of which 0, notEvaluated, is free; 8 is quarantined,
    -- 9 handed out elsewhere.
    state            smallint not null default 0,
    state_changed_at timestamptz not null,
    primary key (tenant_id, pool_id, ord)
);
-- By ICCID first: codes are looked up by it.
create unique index activation_codes_once_a_pool
    on activation_codes (tenant_id, pool_id, iccid, fingerprint);
create unique index activation_codes_unique_iccid
    on activation_codes (tenant_id, unique_iccid) where unique_iccid is not null;
-- What a claim takes from, in the order of the list.
create index activation_codes_free
    on activation_codes (tenant_id, pool_id, ord) where state = 0;

-- What was handed out to whom. Outlives codes, pools and device states, so that it references
-- none of them: a list that is removed and uploaded again is still known.
create table handouts (
    tenant_id       uuid not null,
    id              uuid not null,
    fingerprint     bytea not null,
    iccid           text collate "C" not null,
    pool_id         uuid not null,
    code_id         uuid not null,
    code_ord        integer not null,
    device_state_id uuid not null,
    -- The eUICC identifier, or the device's name where there is none: 'eid:…' or 'name:…'.
    device          text collate "C" not null,
    handed_out_at   timestamptz not null,
    -- What became of it: Graph's embeddedSIMDeviceStateValue; 8 is released, 9 reinstated.
    outcome         smallint not null,
    outcome_at      timestamptz not null,
    revision        bigint not null,
    primary key (tenant_id, id)
);
-- A code is handed out once, in whatever pool it is, unless somebody puts it back by name.
create unique index handouts_once_a_code
    on handouts (tenant_id, fingerprint) where outcome <> 9;
-- A device has one code of a pool at a time: while it is installing or installed.
create unique index handouts_once_a_device
    on handouts (tenant_id, pool_id, device) where outcome in (2, 3);

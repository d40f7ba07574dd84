-- Every key begins with the tenant. The service makes all ids. There are only tables and indexes.
-- Text is compared by code point, whatever the cluster's locale.

-- Raised by a migration that removes something: a program whose newest migration is older refuses
-- to work on the schema. Otherwise a program may work on a newer schema.
create table schema_compatibility (
    oldest_program integer not null
);
insert into schema_compatibility (oldest_program) values (1);

-- By which a server recognises the master key. No row: the database is empty.
create table encryption_checks (
    master_key_id text collate "C" not null primary key,
    check_value   bytea not null
);

-- Each tenant's keys, wrapped by the master key. The data key with the greatest key_id encrypts; the
-- others decrypt what they have encrypted. The fingerprint key is the same in all of a tenant's rows.
create table tenant_keys (
    tenant_id       uuid not null,
    key_id          integer not null,
    master_key_id   text collate "C" not null,
    data_key        bytea not null,
    fingerprint_key bytea not null,
    primary key (tenant_id, key_id)
);

-- Each tenant that the service has seen. On a distributed database a tenant's row is where its other
-- rows are: statements that insert join it, and are executed there.
create table tenants (
    tenant_id uuid not null primary key,
    -- Counts the questions whether everything before has reached the standbys.
    confirmed bigint not null default 0
);

-- One row: what servers are told of keys and of the database, and look at every few seconds.
create table key_state (
    -- Raised when servers are to read all keys and this row again.
    version       bigint not null,
    -- The master key that they should have by then; null: the first one.
    master_key_id text collate "C",
    -- How often all codes are still to be searched for matching IDs under older data keys.
    passes_due    integer not null,
    -- Whether the extension Citus distributes the tables, or is about to.
    distributed   boolean not null
);
insert into key_state (version, passes_due, distributed) values (0, 0, false);

-- The servers that have started and not stopped, and what they have answered.
create table servers (
    id             uuid not null primary key,
    -- The machine and the process, for people.
    name           text collate "C" not null,
    -- The version of key_state by which the server has read its keys.
    version        bigint not null,
    -- Whether the master key of that version was among them.
    has_master_key boolean not null
);

create table pools (
    tenant_id           uuid not null,
    id                  uuid not null,
    display_name        text collate "C" not null,
    -- In lower case by Unicode's rules, as the service folds it.
    display_name_folded text collate "C" not null,
    code_count          integer not null check (code_count >= 0),
    revision            bigint not null,
    created_at          timestamptz not null,
    modified_at         timestamptz not null,
    -- The number of free codes at which the stock is low; null: that of the settings.
    low_stock_threshold integer,
    primary key (tenant_id, id)
);

-- No foreign key to pools: it would cost a third of each insert. Codes are inserted only in a
-- transaction that has inserted or locked their pool, and deleting a pool deletes its codes under
-- the same lock; a test races the two.
create table activation_codes (
    tenant_id        uuid not null,
    pool_id          uuid not null,
    -- The index in the pool, from 0. Codes that were removed leave gaps.
    position         integer not null,
    id               uuid not null,
    iccid            text collate "C" not null,
    smdp_address     text collate "C" not null,
    -- Nonce, ciphertext and tag under the tenant's data key key_id.
    matching_id      bytea not null,
    key_id           integer not null,
    -- Keyed hash of address and matching ID, by which equal secrets are found.
    fingerprint      bytea not null,
    -- The ICCID, if it must be the tenant's only one.
    unique_iccid     text collate "C",
    -- 0 free; 1 failed, 2 installing, 3 installed, 4 deleting, 5 error, 6 deleted,
    -- 7 removed by the user (Graph's numbers); 8 quarantined, 9 handed out from another pool.
    state            smallint not null default 0,
    state_changed_at timestamptz not null,
    -- What the activation code string has after the matching ID, letter for letter: a $, the OID of
    -- the server, a $ and the confirmation code flag. Null: nothing.
    code_tail         text collate "C",
    -- The second secret of some codes, encrypted as matching_id is, under the same key_id.
    confirmation_code bytea,
    -- The EID of the only device that may get the code; null: any may.
    bound_eid         text collate "C",
    -- What the operator wants to find it by.
    label             text collate "C",
    -- The import that brought it: the id of its audit event. Null: none did.
    import_id         uuid,
    primary key (tenant_id, pool_id, position)
);
-- By ICCID first: codes are looked up by it, in a pool and in the tenant.
create unique index activation_codes_once_a_pool
    on activation_codes (tenant_id, iccid, fingerprint, pool_id);
create unique index activation_codes_unique_iccid
    on activation_codes (tenant_id, unique_iccid) where unique_iccid is not null;
-- By which a tenant's codes are found. Most are free or installed: those are not looked for.
create index activation_codes_by_state on activation_codes (tenant_id, state, pool_id, position)
    where state not in (0, 3);
create index activation_codes_by_bound_eid
    on activation_codes (tenant_id, bound_eid, pool_id, position) where bound_eid is not null;
create index activation_codes_by_label
    on activation_codes (tenant_id, label, pool_id, position) where label is not null;
-- What claims take from, in order of position.
create index activation_codes_free
    on activation_codes (tenant_id, pool_id, position) where state = 0 and bound_eid is null;
-- What claims of one device take first.
create index activation_codes_bound
    on activation_codes (tenant_id, pool_id, bound_eid, position)
    where state = 0 and bound_eid is not null;
-- By which a code that is stored more than once is found when one of them is handed out or made
-- free. Claimed codes are not in it, so that claims have one index less to write.
create index activation_codes_twins
    on activation_codes (tenant_id, fingerprint) where state in (0, 9);

-- Where the codes of an import are: within these positions of a pool. By it they are found without an
-- index of theirs, which each import and each claim would have to write.
create table imports (
    tenant_id      uuid not null,
    id             uuid not null,
    pool_id        uuid not null,
    first_position integer not null,
    last_position  integer not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, pool_id) references pools (tenant_id, id) on delete cascade
);
create index imports_by_pool on imports (tenant_id, pool_id);

-- What was added to the codes of a pool, and taken away: the sums are the stock. Entries are only
-- inserted, in the transaction that changes the codes, and now and then folded into one for each
-- host and state. They belong to a pool as its codes do.
create table stock_entries (
    tenant_id uuid not null,
    pool_id   uuid not null,
    -- The SM-DP+ address in lower case.
    smdp_host text collate "C" not null,
    -- As of codes; 10: free, but bound to an EID.
    state     smallint not null,
    codes     bigint not null,
    -- When the last of them was changed.
    last_at   timestamptz not null
);
create index stock_entries_by_pool on stock_entries (tenant_id, pool_id, smdp_host);

-- The hand-out ledger: which code was given to which device. It outlives codes, pools and device
-- states, and references none of them: a list that is deleted and imported again is recognised.
create table handouts (
    tenant_id       uuid not null,
    id              uuid not null,
    fingerprint     bytea not null,
    iccid           text collate "C" not null,
    pool_id         uuid not null,
    code_id         uuid not null,
    code_position   integer not null,
    device_state_id uuid not null,
    -- The EID, or the device's name if it has told none: 'eid:…' or 'name:…'. 'unknown:…'
    -- and the id: it was used before it was imported, and nobody knows by whom.
    device          text collate "C" not null,
    -- The name of a device with an EID, in lower case by Unicode's rules.
    device_name     text collate "C",
    handed_out_at   timestamptz not null,
    -- 1 to 7 as for codes; 8 released, 10 reinstated.
    outcome         smallint not null,
    outcome_at      timestamptz not null,
    revision        bigint not null,
    primary key (tenant_id, id)
);
-- A code is handed out once, whatever pool it is in, unless it is reinstated.
create unique index handouts_once_a_code
    on handouts (tenant_id, fingerprint) where outcome <> 10;
-- A device has one code of a pool at a time: while it is installing or installed.
create unique index handouts_once_a_device
    on handouts (tenant_id, pool_id, device) where outcome in (2, 3);
-- By which a device with an EID is found by its name.
create index handouts_named
    on handouts (tenant_id, pool_id, device_name)
    where outcome in (2, 3) and device_name is not null;

create table assignments (
    tenant_id       uuid not null,
    pool_id         uuid not null,
    id              uuid not null,
    -- 0 all devices, 1 all licensed users, 2 group, 3 exclusion group,
    -- 4 configuration manager collection.
    target_kind     smallint not null,
    -- The group or collection; empty if the kind has none.
    target_id       text collate "C" not null,
    filter_id       text collate "C",
    -- Graph's deviceAndAppManagementAssignmentFilterType.
    filter_type     smallint not null,
    revision        bigint not null,
    created_at      timestamptz not null,
    modified_at     timestamptz not null,
    primary key (tenant_id, pool_id, id),
    constraint assignments_once_a_target unique (tenant_id, pool_id, target_kind, target_id),
    foreign key (tenant_id, pool_id) references pools (tenant_id, id) on delete cascade
);

-- Each string also in lower case by Unicode's rules.
create table device_states (
    tenant_id            uuid not null,
    pool_id              uuid not null,
    id                   uuid not null,
    last_sync_at         timestamptz,
    eid                  text collate "C",
    eid_folded           text collate "C",
    device_name          text collate "C",
    device_name_folded   text collate "C",
    user_name            text collate "C",
    user_name_folded     text collate "C",
    -- Graph's embeddedSIMDeviceStateValue.
    state                smallint not null,
    -- The hand-out of the claim that made it, if one did.
    handout_id           uuid,
    state_details        text collate "C",
    state_details_folded text collate "C",
    revision             bigint not null,
    created_at           timestamptz not null,
    modified_at          timestamptz not null,
    primary key (tenant_id, pool_id, id),
    foreign key (tenant_id, pool_id) references pools (tenant_id, id) on delete cascade
);

-- By which a tenant's device states are found.
create index device_states_by_name on device_states (tenant_id, device_name_folded)
    where device_name_folded is not null;
create index device_states_by_eid on device_states (tenant_id, eid_folded)
    where eid_folded is not null;
create index device_states_by_user on device_states (tenant_id, user_name_folded)
    where user_name_folded is not null;
create index device_states_by_state on device_states (tenant_id, state, pool_id, id)
    where state <> 3;

-- Who changed what. Inserted in the transaction of the change: a change that cannot be audited is
-- not made.
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
    -- What was changed, as JSON. No secrets.
    resources  text not null,
    -- The ICCID of the code that it was done to, if it was one code.
    iccid      text collate "C",
    -- The pool that it was done to, or to something in it.
    pool_id    uuid,
    primary key (tenant_id, id)
);
create index audit_events_by_time on audit_events (tenant_id, at);
create index audit_events_by_iccid on audit_events (tenant_id, iccid) where iccid is not null;
create index audit_events_by_pool on audit_events (tenant_id, pool_id, at) where pool_id is not null;
-- Most events of a large log are those of programs, which are in the index of times.
create index audit_events_by_user on audit_events (tenant_id, user_id, at) where user_id is not null;

-- What was done to several codes at once: each of them.
create table audit_codes (
    tenant_id uuid not null,
    iccid     text collate "C" not null,
    event_id  uuid not null,
    primary key (tenant_id, iccid, event_id),
    foreign key (tenant_id, event_id) references audit_events (tenant_id, id) on delete cascade
);
create index audit_codes_by_event on audit_codes (tenant_id, event_id);

-- The outcome of POSTs with an Idempotency-Key, for as long as the key is remembered.
create table idempotency_keys (
    tenant_id uuid not null,
    -- The digest of the key's owner.
    caller    text collate "C" not null,
    key       text collate "C" not null,
    -- Keyed hash of verb, path and body: another request with the same key is refused.
    request   bytea not null,
    -- Ids and timestamps that the answer is made of again; no secrets.
    replay    text not null,
    at        timestamptz not null,
    constraint idempotency_keys_once primary key (tenant_id, caller, key)
);

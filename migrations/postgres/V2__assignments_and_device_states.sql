-- What belongs to a pool besides its codes. Removed with it.

create table assignments (
    tenant_id       uuid not null,
    pool_id         uuid not null,
    id              uuid not null,
    -- 0 all devices, 1 all licensed users, 2 group, 3 exclusion group,
    -- 4 configuration manager collection.
    target_kind     smallint not null,
    -- The group or the collection; empty where the kind needs none.
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

-- Each text has a twin in lower case, letter by letter as Unicode has it.
create table device_states (
    tenant_id            uuid not null,
    pool_id              uuid not null,
    id                   uuid not null,
    last_sync_at         timestamptz,
    universal_iccid        text collate "C",
    universal_iccid_folded text collate "C",
    device_name          text collate "C",
    device_name_folded   text collate "C",
    user_name            text collate "C",
    user_name_folded     text collate "C",
    -- Graph's embeddedSIMDeviceStateValue.
    state                smallint not null,
    -- The claim that made it, if one did.
    handout_id           uuid,
    state_details        text collate "C",
    state_details_folded text collate "C",
    revision             bigint not null,
    created_at           timestamptz not null,
    modified_at          timestamptz not null,
    primary key (tenant_id, pool_id, id),
    foreign key (tenant_id, pool_id) references pools (tenant_id, id) on delete cascade
);

-- What belongs to a pool besides its codes. Removed with it.

create table assignments (
    tenant_id       blob not null,
    pool_id         blob not null,
    id              blob not null,
    -- 0 all devices, 1 all licensed users, 2 group, 3 exclusion group,
    -- 4 configuration manager collection.
    target_kind     integer not null,
    -- The group or the collection; empty where the kind needs none.
    target_id       text not null,
    filter_id       text,
    -- Graph's deviceAndAppManagementAssignmentFilterType.
    filter_type     integer not null,
    revision        integer not null,
    created_at      integer not null,
    modified_at     integer not null,
    primary key (tenant_id, pool_id, id),
    constraint assignments_once_a_target unique (tenant_id, pool_id, target_kind, target_id),
    foreign key (tenant_id, pool_id) references pools (tenant_id, id) on delete cascade
) strict;

-- Each text has a twin in lower case, letter by letter as Unicode has it.
create table device_states (
    tenant_id            blob not null,
    pool_id              blob not null,
    id                   blob not null,
    last_sync_at         integer,
    universal_iccid        text,
    universal_iccid_folded text,
    device_name          text,
    device_name_folded   text,
    user_name            text,
    user_name_folded     text,
    -- Graph's embeddedSIMDeviceStateValue.
    state                integer not null,
    -- The claim that made it, if one did.
    handout_id           blob,
    state_details        text,
    state_details_folded text,
    revision             integer not null,
    created_at           integer not null,
    modified_at          integer not null,
    primary key (tenant_id, pool_id, id),
    foreign key (tenant_id, pool_id) references pools (tenant_id, id) on delete cascade
) strict;

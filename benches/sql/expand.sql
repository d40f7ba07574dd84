-- A list of 100 pools with assignments and device states, one statement for each type. Variables:
-- tenant.
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid
order by id limit 101;

select *
from (
  select
    pool_id, id, target_kind, target_id, filter_id, filter_type, revision,
    row_number() over (partition by pool_id order by id) as place
  from assignments
  where tenant_id = :tenant::uuid and pool_id in (
    select id from pools where tenant_id = :tenant::uuid order by id limit 100)
) as numbered
where place <= 101
order by pool_id, place;

select *
from (
  select
    pool_id, id, last_sync_at, eid, device_name, user_name, state, state_details,
    revision, created_at, modified_at, handout_id,
    row_number() over (partition by pool_id order by id) as place
  from device_states
  where tenant_id = :tenant::uuid and pool_id in (
    select id from pools where tenant_id = :tenant::uuid order by id limit 100)
) as numbered
where place <= 101
order by pool_id, place;

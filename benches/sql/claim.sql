-- A claim: the first free code of a pool, the ledger, the device state and the audit event, in one
-- statement. Variables: tenant, pools (an array), many (its length), run and n as in create.sql, which
-- explains the ids. (pgbench takes a colon followed by letters for a variable, in strings too.)
\set n :n + 1
\set number 100000000000 + :n
\set client 1000000 + :client_id
\set place 1 + (:n + :client_id) % :many
with code as (
  select pool_id, position, id, iccid, fingerprint
  from activation_codes
  where tenant_id = :tenant::uuid and pool_id = (:pools::uuid[])[:place::integer] and state = 0
  order by position limit 1
  for update skip locked
), handout as (
  insert into handouts
    (tenant_id, id, fingerprint, iccid, pool_id, code_id, code_position, device_state_id, device,
     handed_out_at, outcome, outcome_at, revision)
  select
    :tenant::uuid, (:run::text || :number::text || :client::text || '60000')::uuid, fingerprint,
    iccid, pool_id, id, position, (:run::text || :number::text || :client::text || '70000')::uuid,
    'name:' || 'Device ' || :number::text || :client::text, clock_timestamp(), 2, now(), 1
  from code
), device as (
  insert into device_states
    (tenant_id, pool_id, id, created_at, modified_at, revision, last_sync_at, eid,
     eid_folded, device_name, device_name_folded, user_name, user_name_folded, state,
     state_details, state_details_folded, handout_id)
  select
    :tenant::uuid, pool_id, (:run::text || :number::text || :client::text || '70000')::uuid,
    now(), now(), 1, null, null, null, 'Device ' || :number::text || :client::text,
    'device ' || :number::text || :client::text, 'ann@contoso.com', 'ann@contoso.com', 2, null,
    null, (:run::text || :number::text || :client::text || '60000')::uuid
  from code
), entry as (
  insert into audit_events
    (tenant_id, id, at, activity, operation, category, app_id, user_id, request_id, resources,
     pool_id)
  select
    :tenant::uuid, (:run::text || :number::text || :client::text || '20000')::uuid, now(),
    'claim', 'Action', 'Device', 'de7e10b0-a44c-4001-9b00-000000000001', null,
    (:run::text || :number::text || :client::text || '30000')::uuid,
    '[{"kind":"embeddedSIMActivationCodePool","id":"' || pool_id
      || '"},{"kind":"embeddedSIMActivationCode","id":"' || id || '","name":"' || iccid
      || '"},{"kind":"embeddedSIMDeviceState","id":"'
      || (:run::text || :number::text || :client::text || '70000')::uuid
      || '","name":"Device ' || :number::text || :client::text || '"}]', pool_id
  from code
)
update activation_codes as taken
set state = 2, state_changed_at = now()
from code
where taken.tenant_id = :tenant::uuid and taken.pool_id = code.pool_id and taken.position = code.position
returning taken.smdp_address, taken.matching_id;

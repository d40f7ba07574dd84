-- A create: a pool, its codes and the audit event, in the form that was fastest for the service, one
-- statement. Variables: tenant, codes (their number), run (eight digits, unique), n (the number of
-- operations that each client has already done).
--
-- The digits of an id are run, number, client and purpose. Ids are ordered by time, like the service's
-- UUIDs of version 7, so that new rows go to the end of each index; and they cost next to nothing.
\set n :n + 1
\set number 100000000000 + :n
\set client 1000000 + :client_id
with pool as (
  insert into pools
    (tenant_id, id, display_name, display_name_folded, code_count, revision, created_at,
     modified_at)
  values
    (:tenant::uuid, (:run::text || :number::text || :client::text || '10000')::uuid,
     'Bench pool ' || :number::text, 'bench pool ' || :number::text, :codes::integer, 1, now(),
     now())
), entry as (
  insert into audit_events
    (tenant_id, id, at, activity, operation, category, app_id, user_id, request_id, resources,
     pool_id)
  values
    (:tenant::uuid, (:run::text || :number::text || :client::text || '20000')::uuid, now(),
     'createPool', 'Create', 'DeviceConfiguration', 'de7e10b0-a44c-4001-9b00-000000000001', null,
     (:run::text || :number::text || :client::text || '30000')::uuid,
     '[{"kind":"embeddedSIMActivationCodePool","id":"'
       || (:run::text || :number::text || :client::text || '10000')::uuid
       || '","name":"Bench pool ' || :number::text
       || '","changes":[["activationCodeCount",null,"' || :codes::text || '"]]}]',
     (:run::text || :number::text || :client::text || '10000')::uuid)
)
insert into activation_codes
  (tenant_id, pool_id, state_changed_at, key_id, unique_iccid, state, position, id, iccid,
   smdp_address, matching_id, fingerprint)
select
  :tenant::uuid, (:run::text || :number::text || :client::text || '10000')::uuid, now(), 1, null,
  case when exists (
    select 1 from handouts
    where handouts.tenant_id = :tenant::uuid and handouts.fingerprint = code.fingerprint
      and handouts.outcome <> 10) then 9 else 0 end,
  code.position, code.id, code.iccid, 'smdp.example.com', code.matching_id, code.fingerprint
from (
  select
    position,
    (:run::text || :number::text || :client::text || (40000 + position)::text)::uuid as id,
    '8944' || :number::text || (100 + position)::text as iccid,
    -- The length of a nonce, 22 characters and a tag.
    convert_to(rpad(:run::text || :number::text || (100 + position)::text, 50, '0'), 'UTF8')
      as matching_id,
    uuid_send((:run::text || :number::text || :client::text || (50000 + position)::text)::uuid)
      as fingerprint
  from generate_series(0, :codes::integer - 1) as position
) as code;

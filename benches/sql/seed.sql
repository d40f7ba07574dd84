-- A tenant to read from: a thousand pools, each with two assignments and three device states. {tenant}
-- is replaced by its id; the pools' ids end with their numbers.
insert into pools
  (tenant_id, id, display_name, display_name_folded, code_count, revision, created_at, modified_at)
select
  '{tenant}', ('5eed0000000070008000' || number)::uuid, 'Bench pool ' || number,
  'bench pool ' || number, 1, 1, now(), now()
from generate_series(100000000001, 100000001000) as number;

insert into assignments
  (tenant_id, pool_id, id, target_kind, target_id, filter_id, filter_type, revision, created_at,
   modified_at)
select
  '{tenant}', ('5eed0000000070008000' || number)::uuid,
  ('5eed000000007000' || (8000 + kind) || number)::uuid, kind,
  case kind when 2 then '5eed0000-0000-7000-9000-' || number else '' end, null, 0, 1, now(), now()
from
  generate_series(100000000001, 100000001000) as number,
  unnest(array[1, 2]) as kind;

insert into device_states
  (tenant_id, pool_id, id, created_at, modified_at, revision, device_name, device_name_folded,
   user_name, user_name_folded, state)
select
  '{tenant}', ('5eed0000000070008000' || number)::uuid,
  ('5eed000000007000' || (8000 + place) || number)::uuid, now(), now(), 1,
  'Device ' || number || place, 'device ' || number || place, 'ann@contoso.com',
  'ann@contoso.com', 2
from
  generate_series(100000000001, 100000001000) as number,
  generate_series(1, 3) as place;

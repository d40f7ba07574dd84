-- Pools of 10,000 codes, numbered from {first} to {last}, for the tenant {tenant}, as a strict import
-- stores them, except that their secrets cannot be decrypted. A tenth of the codes is handed out and
-- installed. Ids are in order of the numbers, fingerprints are not.
insert into pools
  (tenant_id, id, display_name, display_name_folded, code_count, revision, created_at, modified_at)
select
  '{tenant}', ('5eed0000000071008000' || 100000000000 + pool)::uuid, 'Stock ' || pool,
  'stock ' || pool, 10000, 1, now(), now()
from generate_series({first}, {last}) as pool;

insert into activation_codes
  (tenant_id, pool_id, position, id, iccid, smdp_address, matching_id, key_id, fingerprint,
   unique_iccid, state, state_changed_at)
select
  '{tenant}', ('5eed0000000071008000' || 100000000000 + pool)::uuid, position,
  ('5eed0000000072008000' || 100000000000 + number)::uuid, '8949' || 100000000000 + number,
  'smdp.example.com',
  -- The length of a nonce, 22 characters and a tag.
  convert_to(rpad(number::text, 50, '0'), 'UTF8'), 1, decode(md5(number::text), 'hex'),
  '8949' || 100000000000 + number, case when position % 10 = 0 then 3 else 0 end, now()
from
  generate_series({first}, {last}) as pool,
  generate_series(0, 9999) as position,
  lateral (select pool::bigint * 10000 + position) as code (number);

insert into stock_entries (tenant_id, pool_id, smdp_host, state, codes, last_at)
select
  '{tenant}', ('5eed0000000071008000' || 100000000000 + pool)::uuid, 'smdp.example.com', state,
  codes, now()
from
  generate_series({first}, {last}) as pool,
  (values (0, 9000), (3, 1000)) as counted (state, codes);

insert into handouts
  (tenant_id, id, fingerprint, iccid, pool_id, code_id, code_position, device_state_id, device,
   handed_out_at, outcome, outcome_at, revision)
select
  '{tenant}', ('5eed0000000073008000' || 100000000000 + number)::uuid,
  decode(md5(number::text), 'hex'), '8949' || 100000000000 + number,
  ('5eed0000000071008000' || 100000000000 + pool)::uuid,
  ('5eed0000000072008000' || 100000000000 + number)::uuid, position,
  ('5eed0000000074008000' || 100000000000 + number)::uuid, 'name:device ' || number, now(), 3,
  now(), 1
from
  generate_series({first}, {last}) as pool,
  generate_series(0, 9999, 10) as position,
  lateral (select pool::bigint * 10000 + position) as code (number);

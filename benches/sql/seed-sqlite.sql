-- The tenant of seed.sql for SQLite: a thousand pools. {tenant} is replaced by the hexadecimal digits of
-- its id.
with recursive numbers (number) as (
  select 100000000001 union all select number + 1 from numbers where number < 100000001000
)
insert into pools
  (tenant_id, id, display_name, display_name_folded, code_count, revision, created_at, modified_at)
select
  x'{tenant}', unhex('5eed0000000070008000' || number), 'Bench pool ' || number,
  'bench pool ' || number, 1, 1, 1790000000000000, 1790000000000000
from numbers;

-- A filter on a name. Variables: tenant.
\set number 100000000000 + random(1, 1000)
select id, display_name, code_count, revision, created_at, modified_at
from pools
where
  tenant_id = :tenant::uuid
  -- A subquery, so that the string is built only once and not for each row.
  and display_name = (select 'Bench pool ' || :number::text)
order by id limit 101;

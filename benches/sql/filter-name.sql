-- What a filter on a name reads. From outside: tenant.
\set number 100000000000 + random(1, 1000)
select id, display_name, code_count, revision, created_at, modified_at
from pools
where
  tenant_id = :tenant::uuid
  -- As a query of its own, so that the text is put together once and not for each row.
  and display_name = (select 'Bench pool ' || :number::text)
order by id limit 101;

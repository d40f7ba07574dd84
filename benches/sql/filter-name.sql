-- What a filter on a name reads. From outside: tenant.
\set number 100000000000 + random(1, 1000)
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and display_name = 'Bench pool ' || :number::text
order by id limit 101;

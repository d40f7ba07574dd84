-- A filter on the start of a name. Variables: tenant.
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and starts_with(display_name, 'Bench pool 10000000000')
order by id limit 101;

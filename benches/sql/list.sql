-- A list of 100 pools. It reads one more to see whether there is another page. Variables: tenant.
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid
order by id limit 101;

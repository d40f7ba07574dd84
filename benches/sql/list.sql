-- What a list of 100 reads: one more, which tells whether there is another page. From outside:
-- tenant.
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid
order by id limit 101;

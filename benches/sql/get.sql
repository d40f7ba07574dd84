-- A get of a random pool of seed.sql. Variables: tenant.
\set number 100000000000 + random(1, 1000)
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :number::text)::uuid;

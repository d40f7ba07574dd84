-- A batch of 20 gets, pipelined. Variables: tenant.
\set n1 100000000000 + random(1, 1000)
\set n2 100000000000 + random(1, 1000)
\set n3 100000000000 + random(1, 1000)
\set n4 100000000000 + random(1, 1000)
\set n5 100000000000 + random(1, 1000)
\set n6 100000000000 + random(1, 1000)
\set n7 100000000000 + random(1, 1000)
\set n8 100000000000 + random(1, 1000)
\set n9 100000000000 + random(1, 1000)
\set n10 100000000000 + random(1, 1000)
\set n11 100000000000 + random(1, 1000)
\set n12 100000000000 + random(1, 1000)
\set n13 100000000000 + random(1, 1000)
\set n14 100000000000 + random(1, 1000)
\set n15 100000000000 + random(1, 1000)
\set n16 100000000000 + random(1, 1000)
\set n17 100000000000 + random(1, 1000)
\set n18 100000000000 + random(1, 1000)
\set n19 100000000000 + random(1, 1000)
\set n20 100000000000 + random(1, 1000)
\startpipeline
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n1::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n2::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n3::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n4::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n5::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n6::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n7::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n8::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n9::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n10::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n11::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n12::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n13::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n14::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n15::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n16::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n17::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n18::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n19::text)::uuid;
select id, display_name, code_count, revision, created_at, modified_at
from pools
where tenant_id = :tenant::uuid and id = ('5eed0000000070008000' || :n20::text)::uuid;
\endpipeline

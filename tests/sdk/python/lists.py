"""Microsoft's own Python SDK pages through lists, iterates over them with its PageIterator, counts
them, and asks with every query option that it knows, on all three collections."""

from msgraph_beta.generated.models.embedded_s_i_m_activation_code_pool_assignment import (
    EmbeddedSIMActivationCodePoolAssignment as Assignment,
)
from msgraph_beta.generated.models.embedded_s_i_m_device_state import EmbeddedSIMDeviceState
from msgraph_beta.generated.models.embedded_s_i_m_device_state_value import (
    EmbeddedSIMDeviceStateValue as Value,
)
from msgraph_core.tasks.page_iterator import PageIterator

from graph import Graph, asking, group, new_pool, proving, refusal, run

COUNT = 25
# What a URL, a filter and a person's name can do to one another.
HARD = "O'Neil & Søn #1 +100% a/b?c=d"


async def iterate(graph, first, stop_after=None):
    """The names that a PageIterator gives; from a stop on, by its second call."""
    seen = []

    def see(pool):
        seen.append(pool.display_name)
        return len(seen) != stop_after

    pages = PageIterator(first, graph.adapter)
    await pages.iterate(see)
    if stop_after:
        assert len(seen) == stop_after
        await pages.iterate(see)
    return seen


async def paging(graph, pools):
    names = [f"page {number:02}" for number in range(COUNT)]
    for number, name in enumerate(names):
        await pools.post(new_pool(name, number % 3))
    options = {"filter": "startswith(displayName,'page ')", "orderby": ["displayName"]}
    with proving("a PageIterator sees each pool once and in order, over nine pages"):
        first = await pools.get(asking(pools, top=3, **options))
        assert first.odata_next_link.startswith("http"), first.odata_next_link
        assert await iterate(graph, first) == names
    with proving("it can stop within a page and be resumed"):
        first = await pools.get(asking(pools, top=10, **options))
        assert await iterate(graph, first, stop_after=14) == names
    with proving("next links may be followed by hand, and the last page has none"):
        page, seen = await pools.get(asking(pools, top=10, **options)), []
        while True:
            seen += [pool.display_name for pool in page.value]
            if page.odata_next_link is None:
                break
            page = await pools.with_url(page.odata_next_link).get()
        assert seen == names
    with proving("the preferred page size counts as $top does"):
        configuration = asking(pools, **options)
        configuration.headers.add("Prefer", "odata.maxpagesize=4")
        page = await pools.get(configuration)
        assert len(page.value) == 4 and page.odata_next_link
        assert await iterate(graph, page) == names


async def pool_options(pools):
    async def found(**options):
        return [pool.display_name for pool in (await pools.get(asking(pools, **options))).value]

    with proving("pools are filtered, ordered, skipped and cut"):
        assert await found(
            filter="startswith(displayName,'page 1') and activationCodeCount gt 0",
            orderby=["activationCodeCount desc", "displayName"], skip=1, top=3,
        ) == ["page 14", "page 17", "page 10"]  # fmt: skip
        assert await found(filter="displayName in ('page 03','page 04','nobody')") == [
            "page 03", "page 04",
        ]  # fmt: skip
    with proving("they are searched"):
        assert sorted(await found(search='"page 2"')) == [f"page 2{digit}" for digit in range(5)]
    with proving("a name with every awkward character is found by its name"):
        await pools.post(new_pool(HARD, 0))
        assert await found(filter="displayName eq '" + HARD.replace("'", "''") + "'") == [HARD]
    with proving("they are counted: beside a page, as a segment, filtered and searched"):
        page = await pools.get(asking(pools, count=True, top=2, filter="startswith(displayName,'page ')"))
        assert page.odata_count == COUNT, page.odata_count
        assert await pools.count.get() == COUNT + 1
        count = pools.count
        assert await count.get(asking(count, filter="activationCodeCount eq 2")) == COUNT // 3
        assert await count.get(asking(count, search='"page 2"')) == 5
    with proving("what is not selected is not there"):
        pool = (await pools.get(asking(pools, select=["id", "displayName"], top=1))).value[0]
        assert pool.id and pool.display_name
        assert pool.activation_code_count is None and pool.created_date_time is None


async def nested(graph, pools):
    pool = graph.pool((await pools.post(new_pool("nested"))).id)
    assignments, states = pool.assignments, pool.device_states
    for name in "abc":
        await assignments.post(Assignment(target=group(name)))
    for number, value in enumerate([Value.Installed, Value.Failed, Value.Installed]):
        await states.post(EmbeddedSIMDeviceState(state=value, device_name=f"device {number}"))

    with proving("pools are expanded with options of their own, in lists and alone"):
        expand = ["assignments", "deviceStates($select=id,state;$filter=state eq 'installed')"]
        listed = await pools.get(asking(pools, expand=expand, filter="displayName eq 'nested'"))
        for one in [listed.value[0], await pool.get(asking(pool, expand=expand))]:
            assert sorted(it.target.group_id for it in one.assignments) == ["a", "b", "c"]
            assert [it.state for it in one.device_states] == [Value.Installed] * 2
            assert one.device_states[0].id and one.device_states[0].device_name is None
        one = await pool.get(asking(pool, select=["id"], expand=["assignments"]))
        assert one.display_name is None and len(one.assignments) == 3
    with proving("device states take every option"):
        page = await states.get(asking(
            states, count=True, filter="state eq 'installed'", orderby=["deviceName desc"],
            search='"device"', select=["id", "deviceName"], skip=1, top=5,
        ))  # fmt: skip
        assert page.odata_count == 2
        assert [(it.device_name, it.state) for it in page.value] == [("device 0", None)]
        count = states.count
        assert await count.get(asking(count, filter="state ne 'installed'")) == 1
        single = states.by_embedded_s_i_m_device_state_id(page.value[0].id)
        read = await single.get(asking(single, select=["state"]))
        assert read.state == Value.Installed and read.device_name is None
    with proving("assignments take every option that has a meaning for them"):
        page = await assignments.get(asking(
            assignments, count=True, orderby=["id desc"], select=["id", "target"], skip=1, top=1,
        ))  # fmt: skip
        assert page.odata_count == 3 and len(page.value) == 1 and page.odata_next_link
        rest = await assignments.with_url(page.odata_next_link).get()
        assert len(rest.value) == 1 and rest.value[0].id < page.value[0].id
        count = assignments.count
        assert await count.get(asking(count, filter=f"id eq '{rest.value[0].id}'")) == 1


async def refusals(pools):
    with proving("an option that cannot be done is a 400 that names it, never silence"):
        for option, value in [
            ("filter", "displayName eq"), ("filter", "(" * 500 + "1" + ")" * 500),
            ("orderby", ["nonsense"]), ("select", ["nonsense"]), ("expand", ["nonsense"]),
            ("search", '"unfinished'), ("top", -1), ("skip", -1),
        ]:  # fmt: skip
            error = await refusal(pools.get(asking(pools, **{option: value})), 400, "BadRequest")
            assert f"${option}" in error.message, f"{option}: {error.message}"


async def main():
    graph = Graph()
    pools = graph.pools
    await paging(graph, pools)
    await pool_options(pools)
    await nested(graph, pools)
    await refusals(pools)


run(main)

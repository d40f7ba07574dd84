"""Microsoft's own Python SDK does all 19 operations of the family: what it writes it reads back
with its own types, what is refused reaches it as an ODataError, and an object that it read,
changed and sent back whole loses nothing."""

import datetime

from msgraph_beta.generated.device_management.embedded_s_i_m_activation_code_pools.item.assign.assign_post_request_body import (
    AssignPostRequestBody,
)
from msgraph_beta.generated.models.all_devices_assignment_target import AllDevicesAssignmentTarget
from msgraph_beta.generated.models.all_licensed_users_assignment_target import (
    AllLicensedUsersAssignmentTarget,
)
from msgraph_beta.generated.models.configuration_manager_collection_assignment_target import (
    ConfigurationManagerCollectionAssignmentTarget,
)
from msgraph_beta.generated.models.device_and_app_management_assignment_filter_type import (
    DeviceAndAppManagementAssignmentFilterType as FilterType,
)
from msgraph_beta.generated.models.embedded_s_i_m_activation_code_pool_assignment import (
    EmbeddedSIMActivationCodePoolAssignment as Assignment,
)
from msgraph_beta.generated.models.embedded_s_i_m_device_state import EmbeddedSIMDeviceState
from msgraph_beta.generated.models.embedded_s_i_m_device_state_value import (
    EmbeddedSIMDeviceStateValue as Value,
)
from msgraph_beta.generated.models.exclusion_group_assignment_target import (
    ExclusionGroupAssignmentTarget,
)
from msgraph_beta.generated.models.group_assignment_target import GroupAssignmentTarget

from graph import (
    READER_TOKEN, URL, Graph, asking, code, group, headers, new_pool, proving, refusal, run,
)  # fmt: skip

OPERATIONS = {
    "GET ", "POST ", "GET /$count", "GET /{}", "PATCH /{}", "DELETE /{}", "POST /{}/assign",
    "GET /{}/assignments", "POST /{}/assignments", "GET /{}/assignments/$count",
    "GET /{}/assignments/{}", "PATCH /{}/assignments/{}", "DELETE /{}/assignments/{}",
    "GET /{}/deviceStates", "POST /{}/deviceStates", "GET /{}/deviceStates/$count",
    "GET /{}/deviceStates/{}", "PATCH /{}/deviceStates/{}", "DELETE /{}/deviceStates/{}",
}  # fmt: skip
NOBODY = "00000000-0000-0000-0000-000000000000"


def to(target):
    assignment = Assignment()
    assignment.target = target
    return assignment


async def pools(graph):
    created = await graph.pools.post(new_pool("Zürich 東京", 3))
    with proving("a created pool comes back with its codes"):
        assert created.id and created.odata_type.endswith("embeddedSIMActivationCodePool")
        assert created.display_name == "Zürich 東京"
        assert created.activation_code_count == 3
        sent = [one.matching_identifier for one in new_pool("Zürich 東京", 3).activation_codes]
        assert [one.matching_identifier for one in created.activation_codes] == sent
        age = datetime.datetime.now(datetime.UTC) - created.created_date_time
        assert abs(age.total_seconds()) < 300, f"created at {created.created_date_time}"
    one = graph.pool(created.id)
    with proving("a pool that is read has the same properties, and no codes"):
        read = await one.get()
        assert read.activation_codes == [], "codes cannot be read"
        assert (read.id, read.display_name, read.activation_code_count) == (
            created.id, created.display_name, 3,
        )  # fmt: skip
        assert read.created_date_time == created.created_date_time
    with proving("the list holds it, and is counted"):
        page = await graph.pools.get()
        assert created.id in [pool.id for pool in page.value]
        assert await graph.pools.count.get() == len(page.value)
    return one


async def whole_objects(graph, one):
    await one.assignments.post(to(AllDevicesAssignmentTarget()))
    await one.device_states.post(EmbeddedSIMDeviceState(state=Value.Installed))
    with proving("read, changed and patched as a whole, a pool keeps its codes and all else"):
        everything = asking(one, expand=["assignments", "deviceStates"])
        before = await one.get(everything)
        before.display_name = "renamed"
        answer = await one.patch(before)
        assert answer.display_name == "renamed" and answer.activation_code_count == 3
        after = await one.get(everything)
        assert after.activation_code_count == 3, "the stored codes survive"
        assert after.created_date_time == before.created_date_time
        assert after.modified_date_time > before.modified_date_time
        assert [it.id for it in after.assignments] == [it.id for it in before.assignments]
        assert [it.id for it in after.device_states] == [it.id for it in before.device_states]
    with proving("codes in a patch are appended, those that are there already skipped"):
        before.activation_codes = [code("Zürich 東京", 0), code("more", 7)]
        assert (await one.patch(before)).activation_code_count == 4
    with proving("a patch under an old tag is a 412, and `return=minimal` an answer of none"):
        tag = after.additional_data["@odata.etag"]
        await refusal(one.patch(after, headers(if_match=tag)), 412, "PreconditionFailed")
        assert await one.patch(after, headers(prefer="return=minimal")) is None
        assert graph.answers[-1].status_code == 204


async def assignments(one):
    targets = [
        AllDevicesAssignmentTarget(
            device_and_app_management_assignment_filter_id="filter",
            device_and_app_management_assignment_filter_type=FilterType.Include,
        ),
        AllLicensedUsersAssignmentTarget(),
        GroupAssignmentTarget(group_id="one"),
        ExclusionGroupAssignmentTarget(group_id="two"),
        ConfigurationManagerCollectionAssignmentTarget(collection_id="three"),
    ]
    with proving("assign replaces the whole set, and every kind of target is read as that kind"):
        body = AssignPostRequestBody(assignments=[to(target) for target in targets])
        answer = (await one.assign.post(body)).value
        listed = (await one.assignments.get()).value
        assert {it.id for it in answer} == {it.id for it in listed}
        by_kind = {type(it.target): it.target for it in listed}
        assert set(by_kind) == {type(target) for target in targets}, by_kind
        every = by_kind[AllDevicesAssignmentTarget]
        assert every.device_and_app_management_assignment_filter_id == "filter"
        assert every.device_and_app_management_assignment_filter_type == FilterType.Include
        assert by_kind[GroupAssignmentTarget].group_id == "one"
        assert by_kind[ExclusionGroupAssignmentTarget].group_id == "two"
        assert by_kind[ConfigurationManagerCollectionAssignmentTarget].collection_id == "three"
    with proving("an assignment is created, read, changed, counted and deleted"):
        created = await one.assignments.post(to(group("four")))
        single = one.assignments.by_embedded_s_i_m_activation_code_pool_assignment_id(created.id)
        read = await single.get()
        assert (read.id, read.target.group_id) == (created.id, "four")
        read.target.group_id = "five"
        assert (await single.patch(read)).target.group_id == "five"
        assert await one.assignments.count.get() == 6
        await single.delete()
        assert await one.assignments.count.get() == 5
        await refusal(single.get(), 404, "ResourceNotFound")
    with proving("the same target twice is a conflict, and an empty assign clears the set"):
        await refusal(one.assignments.post(to(group("one"))), 409, "Conflict")
        assert (await one.assign.post(AssignPostRequestBody(assignments=[]))).value == []
        assert await one.assignments.count.get() == 0


async def device_states(one):
    synced = datetime.datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.UTC)
    before = await one.device_states.count.get()
    state = EmbeddedSIMDeviceState(
        last_sync_date_time=synced,
        universal_integrated_circuit_card_identifier="89049032000000000000000000000066",
        device_name="Gerät 7",
        user_name="someone@example.com",
        state=Value.Installing,
        state_details="half way",
    )
    with proving("a device state is created, read, changed, counted and deleted"):
        created = await one.device_states.post(state)
        single = one.device_states.by_embedded_s_i_m_device_state_id(created.id)
        read = await single.get()
        assert read.last_sync_date_time == synced, read.last_sync_date_time
        for name in ["device_name", "user_name", "state", "state_details"]:
            assert getattr(read, name) == getattr(state, name), name
        read.state = Value.RemovedByUser
        changed = await single.patch(read)
        assert changed.state == Value.RemovedByUser and changed.device_name == "Gerät 7"
        assert created.id in [it.id for it in (await one.device_states.get()).value]
        assert await one.device_states.count.get() == before + 1
        await single.delete()
        assert await one.device_states.count.get() == before
    with proving("every value of the enumeration is understood both ways"):
        for value in Value:
            created = await one.device_states.post(EmbeddedSIMDeviceState(state=value))
            assert created.state == value, value


async def refusals(graph, one):
    nobody = graph.pool(NOBODY)
    with proving("what is refused is an ODataError with Graph's code and the request's id"):
        await refusal(nobody.get(), 404, "ResourceNotFound")
        await refusal(nobody.delete(), 404, "ResourceNotFound")
        await refusal(one.patch(new_pool("x" * 5000, 0)), 400, "BadRequest")
        bad = await refusal(
            graph.pools.get(asking(graph.pools, filter="nonsense eq 1")), 400, "BadRequest"
        )
        assert "$filter" in bad.message, bad
        await refusal(Graph("no.real.token").pools.get(), 401, "InvalidAuthenticationToken")
    with proving("who may read only is told which permission would do"):
        reader = Graph(READER_TOKEN)
        assert (await reader.pools.get()).value
        error = await refusal(reader.pools.post(new_pool("no", 1)), 403, "Forbidden")
        assert "DeviceManagementConfiguration.ReadWrite.All" in error.message, error


async def main():
    graph = Graph()
    one = await pools(graph)
    await whole_objects(graph, one)
    await assignments(one)
    await device_states(one)
    await refusals(graph, one)
    with proving("a deleted pool is gone at once"):
        await one.delete()
        await refusal(one.get(), 404, "ResourceNotFound")
    with proving("these were all 19 operations"):
        assert graph.sent == OPERATIONS, graph.sent ^ OPERATIONS
    if URL.startswith("https"):
        with proving("all by HTTP/1.1, although the SDK prefers HTTP/2 over TLS"):
            assert {answer.http_version for answer in graph.answers} == {"HTTP/1.1"}


run(main)

"""The genuine Python SDK, pointed at the service that the environment names, and what the scripts
share: a record of the requests that really went out, and words about what was proved."""

import asyncio
import os
import re
import sys
import time
from contextlib import contextmanager

from azure.core.credentials import AccessToken
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph_beta import GraphRequestAdapter, GraphServiceClient
from msgraph_beta.generated.models.embedded_s_i_m_activation_code import EmbeddedSIMActivationCode
from msgraph_beta.generated.models.embedded_s_i_m_activation_code_pool import (
    EmbeddedSIMActivationCodePool,
)
from msgraph_beta.generated.models.group_assignment_target import GroupAssignmentTarget
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_core import APIVersion, GraphClientFactory

URL = os.environ["ESIMPOOL_URL"] + "/beta"
TOKEN = os.environ["ESIMPOOL_TOKEN"]
READER_TOKEN = os.environ["ESIMPOOL_READER_TOKEN"]
POOLS_PATH = "/beta/deviceManagement/embeddedSIMActivationCodePools"


class Token:
    """A credential that has its token already."""

    def __init__(self, text):
        self.text = text

    def get_token(self, *scopes, **_):
        return AccessToken(self.text, int(time.time()) + 3600)


class Graph:
    """The SDK's client, and a record of what it sent."""

    def __init__(self, token=TOKEN):
        # The client that the SDK makes by itself, with a hook.
        http = GraphClientFactory.create_with_default_middleware(api_version=APIVersion.beta)
        http.event_hooks = {"response": [self._note]}
        provider = AzureIdentityAuthenticationProvider(Token(token), scopes=["esimpool/.default"])
        self.adapter = GraphRequestAdapter(provider, http)
        self.adapter.base_url = URL
        self.client = GraphServiceClient(request_adapter=self.adapter)
        self.sent = set()
        self.answers = []

    @property
    def pools(self):
        return self.client.device_management.embedded_s_i_m_activation_code_pools

    def pool(self, pool_id):
        return self.pools.by_embedded_s_i_m_activation_code_pool_id(pool_id)

    async def _note(self, response):
        path = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "{}", response.request.url.path)
        self.sent.add(f"{response.request.method} {path.removeprefix(POOLS_PATH)}")
        self.answers.append(response)


def new_pool(name, codes=2):
    """A pool that is not stored yet, with that many codes."""
    pool = EmbeddedSIMActivationCodePool()
    pool.display_name = name
    pool.activation_codes = [code(name, number) for number in range(codes)]
    return pool


def code(name, number):
    one = EmbeddedSIMActivationCode()
    one.integrated_circuit_card_identifier = f"89440000000000{number:06}"
    one.matching_identifier = f"{name}-{number}"
    one.smdp_plus_server_address = "smdp.example.com"
    return one


def group(group_id):
    target = GroupAssignmentTarget()
    target.group_id = group_id
    return target


def headers(**named):
    """A request's configuration that adds headers: `if_match` for If-Match."""
    configuration = RequestConfiguration()
    for name, value in named.items():
        configuration.headers.add(name.replace("_", "-"), value)
    return configuration


def asking(builder, **options):
    """A request's configuration with the query options that this builder knows."""
    kind = next(
        value for name, value in vars(type(builder)).items() if name.endswith("GetQueryParameters")
    )
    return RequestConfiguration(query_parameters=kind(**options))


async def refusal(call, status, code):
    """The ODataError that a call ends with; of that status and code, and with the request's id."""
    try:
        answer = await call
    except ODataError as error:
        assert error.response_status_code == status, f"{status} wanted, {error}"
        assert error.error.code == code, f"{code} wanted, {error}"
        assert error.error.message, f"no message: {error}"
        given = error.response_headers["request-id"]
        assert error.error.inner_error.request_id == given, f"another request id: {error}"
        assert error.error.inner_error.date, f"no date: {error}"
        return error.error
    raise AssertionError(f"{status} {code} wanted, and it gave {answer}")


@contextmanager
def proving(sentence):
    """Says what was proved, once it is."""
    yield
    print(f"  {sentence}")


def run(main):
    asyncio.run(main())
    print("OK")
    sys.stdout.flush()

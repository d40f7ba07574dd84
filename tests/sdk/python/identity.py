"""Microsoft's own credentials get their tokens from the development issuer: azure-identity and MSAL,
over TLS, and the Graph SDK with them. The service's settings name a reader and a client whose tokens
are expired, beside one that may write."""

import base64
import json
import os
import urllib.error
import urllib.parse
import urllib.request

# What `requests` trusts, under both of them.
os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"]

import msal
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph_beta import GraphRequestAdapter, GraphServiceClient

from graph import URL, new_pool, proving, refusal, run

AUTHORITY = os.environ["ESIMPOOL_URL"]
TENANT = "11111111-2222-3333-4444-555555555555"
SCOPE = "https://graph.microsoft.com/.default"


def credential(client, secret="secret", tenant=TENANT):
    return ClientSecretCredential(
        tenant, client, secret, authority=AUTHORITY, disable_instance_discovery=True
    )


def graph(client, **provider):
    """The SDK's client as its documentation makes it, but for the address."""
    provider = AzureIdentityAuthenticationProvider(credential(client), **provider)
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = URL
    return GraphServiceClient(request_adapter=adapter)


def pools(client, **provider):
    return graph(client, **provider).device_management.embedded_s_i_m_activation_code_pools


def confidential(client, secret="secret", **further):
    return msal.ConfidentialClientApplication(
        client,
        client_credential=secret,
        authority=f"{AUTHORITY}/{TENANT}",
        instance_discovery=False,
        **further,
    )


def call(path, token):
    """Status and JSON, by plain HTTP."""
    request = urllib.request.Request(f"{URL}{path}", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


async def azure_identity():
    with proving("azure-identity gets a token, and the Graph SDK creates a pool with it"):
        created = await pools("writer", scopes=[SCOPE]).post(new_pool("By azure-identity"))
        read = await pools("writer", scopes=[SCOPE]).get()
        assert [pool.id for pool in read.value] == [created.id], read
    with proving("the scope that the SDK makes from the address will do as well"):
        assert (await pools("writer").get()).value
    with proving("with another tenant in the credential, another tenant is asked for"):
        other = credential("writer", tenant="99999999-2222-3333-4444-555555555555")
        token = other.get_token(SCOPE, enable_cae=True).token
        status, page = call("/deviceManagement/embeddedSIMActivationCodePools", token)
        assert (status, page["value"]) == (200, []), page
    with proving("a wrong secret and an unknown client are told as Entra tells them"):
        for client, secret, code in [
            ("writer", "wrong", "AADSTS7000215"), ("nobody", "secret", "AADSTS700016"),
        ]:  # fmt: skip
            try:
                credential(client, secret).get_token(SCOPE)
            except ClientAuthenticationError as error:
                assert code in error.message, error
            else:
                raise AssertionError(f"{client} got a token")


async def permissions():
    with proving("a client that may only read is a 403 on create, with Graph's words"):
        reader = pools("reader", scopes=[SCOPE])
        await reader.get()
        error = await refusal(reader.post(new_pool("Refused")), 403, "Forbidden")
        assert "DeviceManagementConfiguration.ReadWrite.All" in error.message, error
    with proving("and the development issuer explains it by the request's id"):
        token = credential("reader").get_token(SCOPE).token
        decision = f"/esimpool/decisions/{error.inner_error.request_id}"
        status, it = call(decision, token)
        assert (status, it["check"]) == (200, "missing_permission"), it
        assert it["token"]["permissions"] == ["DeviceManagementConfiguration.Read.All"], it
    with proving("a client whose tokens are expired is a 401"):
        error = await refusal(
            pools("late", scopes=[SCOPE]).get(), 401, "InvalidAuthenticationToken"
        )
        assert "expired" in error.message, error


def msal_itself():
    with proving("MSAL gets a token that the service takes, and has it from its cache then"):
        application = confidential("writer")
        first = application.acquire_token_for_client([SCOPE])
        assert first.get("token_source") == "identity_provider", first
        status, page = call("/deviceManagement/embeddedSIMActivationCodePools", first["access_token"])
        assert status == 200, page
        again = application.acquire_token_for_client([SCOPE])
        assert again.get("token_source") == "cache", again
    with proving("MSAL says what went wrong, with Entra's codes"):
        refused = confidential("writer", "wrong").acquire_token_for_client([SCOPE])
        assert refused["error"] == "invalid_client", refused
        assert refused["error_codes"] == [7000215], refused
        refused = confidential("writer").acquire_token_for_client(["User.Read"])
        assert refused["error"] == "invalid_scope", refused
    with proving("MSAL takes the issuer as an OpenID provider, whose name is its URL"):
        issuer = f"{AUTHORITY}/{TENANT}/v2.0"
        application = msal.ConfidentialClientApplication(
            "writer", client_credential="secret", oidc_authority=issuer
        )
        token = application.acquire_token_for_client([SCOPE])["access_token"]
        status, page = call("/deviceManagement/embeddedSIMActivationCodePools", token)
        assert status == 200, page
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert claims["iss"] == issuer, claims
    with proving("the discovery document of version 1 leads there too"):
        url = f"{AUTHORITY}/{TENANT}/.well-known/openid-configuration"
        with urllib.request.urlopen(url) as answer:
            found = json.load(answer)
        assert found["token_endpoint"] == f"{AUTHORITY}/{TENANT}/oauth2/v2.0/token", found
        assert found["issuer"] == f"{AUTHORITY}/{TENANT}/v2.0", found


PUBLIC = "de7e10b0-a44c-4001-9b00-000000000002"
READ = "DeviceManagementConfiguration.Read.All"
ADMINISTRATOR = "de7e10b0-05e4-4001-9b00-000000000001"


def send(url, fields):
    """What a browser answers to a page: the status, the page, and where it leads."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    data = urllib.parse.urlencode(fields).encode() if fields else None
    try:
        with urllib.request.build_opener(Stay).open(url, data) as answer:
            return answer.status, answer.read().decode(), None
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers.get("location")


def allow(url, page, permission):
    """Signs in as the administrator on a page, and ticks one permission."""
    ticket = page.split('name="ticket" value="')[1].split('"')[0]
    fields = {"ticket": ticket, "user": ADMINISTRATOR, "permission": permission, "action": "allow"}
    return send(url, fields)


def public(tenant=TENANT):
    return msal.PublicClientApplication(
        PUBLIC, authority=f"{AUTHORITY}/{tenant}", instance_discovery=False
    )


def pools_as(token):
    status, page = call("/deviceManagement/embeddedSIMActivationCodePools", token["access_token"])
    assert status == 200, page
    return page


def people():
    with proving("MSAL gets a token by a device code, and the next one without the user"):
        application = public()
        flow = application.initiate_device_flow([READ])
        url = flow["verification_uri"]
        status, page, _ = send(url, {"user_code": flow["user_code"]})
        assert status == 200, page
        status, page, _ = allow(url, page, READ)
        assert status == 200, page
        pools_as(application.acquire_token_by_device_flow(flow))
        [account] = application.get_accounts()
        assert account["username"] == "administrator@esimpool.localhost", account
        again = application.acquire_token_silent([READ], account)
        assert again["token_source"] == "cache", again
        next_one = application.acquire_token_silent([READ], account, force_refresh=True)
        assert next_one["token_source"] == "identity_provider", next_one
        pools_as(next_one)
    with proving("MSAL signs in by a code with PKCE, at /common too, and checks the id token"):
        for tenant in [TENANT, "common"]:
            application = public(tenant)
            flow = application.initiate_auth_code_flow([READ], redirect_uri="http://localhost:49152")
            status, page, _ = send(flow["auth_uri"], None)
            assert status == 200, page
            status, page, back = allow(flow["auth_uri"].split("?")[0], page, READ)
            assert status == 303, page
            answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
            token = application.acquire_token_by_auth_code_flow(flow, answer)
            assert token.get("id_token_claims", {}).get("name") == "Administrator", token
            pools_as(token)
    with proving("a user who declines is told to MSAL"):
        application = public()
        flow = application.initiate_device_flow([READ])
        url = flow["verification_uri"]
        status, page, _ = send(url, {"user_code": flow["user_code"]})
        ticket = page.split('name="ticket" value="')[1].split('"')[0]
        send(url, {"ticket": ticket, "action": "deny"})
        refused = application.acquire_token_by_device_flow(flow)
        assert refused["error"] == "authorization_declined", refused
        assert refused["error_codes"] == [65004], refused


async def main():
    await azure_identity()
    await permissions()
    msal_itself()
    people()


run(main)

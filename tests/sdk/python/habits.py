"""What other clients are known to send, byte for byte as they send it, by plain HTTP: HashiCorp's
SDK (Go), generators that escape `$` or leave it out, scripts with keys in parentheses, the portal."""

import gzip
import http.client
import json
import os
from urllib.parse import urlsplit

from graph import proving

SERVICE = urlsplit(os.environ["ESIMPOOL_URL"])
POOLS = "/beta/deviceManagement/embeddedSIMActivationCodePools"


def send(method, path, body=None, **headers):
    """Status, headers, and the body: JSON where there is any."""
    connection = http.client.HTTPConnection(SERVICE.hostname, SERVICE.port, timeout=30)
    sent = {"Authorization": f"Bearer {os.environ['ESIMPOOL_TOKEN']}"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, dict):
        body = json.dumps(body)
    connection.request(method, path, body, sent)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, answer.headers, json.loads(text) if text else None


def get(path):
    status, _, body = send("GET", path)
    assert status == 200, f"GET {path}: {status} {body}"
    return body


HASHICORP = {"Accept": "application/json", "Content_Type": "application/json; charset=utf-8"}


def hashicorp():
    """Its methods name one expected status each, and read lists page by page."""
    with proving("HashiCorp's: 201 on create, its content type with a character set"):
        body = {"displayName": "terraformed", "activationCodes": []}
        status, _, pool = send("POST", POOLS, body, **HASHICORP)
        assert status == 201, f"{status} {pool}"
    one = f"{POOLS}/{pool['id']}"
    with proving("HashiCorp's: 204 and nothing else on change"):
        status, headers, body = send(
            "PATCH", one, {"displayName": "changed"}, Prefer="return=minimal", **HASHICORP
        )
        assert (status, body) == (204, None), f"{status} {body}"
        assert headers["Preference-Applied"] == "return=minimal", headers
        assert get(one)["displayName"] == "changed"
    with proving("HashiCorp's: assign with $skip and $top, its answer read as a page"):
        target = {"@odata.type": "#microsoft.graph.groupAssignmentTarget"}
        targets = [{"target": target | {"groupId": group}} for group in "abc"]
        for query in ["?%24skip=0&%24top=100", "?$top=100", ""]:
            path = f"{one}/assign{query}"
            status, _, page = send("POST", path, {"assignments": targets}, **HASHICORP)
            assert status == 200, f"{query}: {status} {page}"
            assert len(page["value"]) == 3, f"{query}: {page}"
            assert "@odata.nextLink" not in page, f"{query}: {page}"
    with proving("HashiCorp's: If-Match on delete, 204, and 404 to whoever asks until it is gone"):
        etag = send("GET", one)[1]["ETag"]
        assert send("DELETE", one, If_Match='W/"0"', **HASHICORP)[0] == 412
        assert send("DELETE", one, If_Match=etag, **HASHICORP)[0] == 204
        assert send("GET", one)[0] == 404


def spellings():
    pool = send("POST", POOLS, {"displayName": "O'Neil, Zoë"}, Content_Type="application/json")[2]
    one = pool["id"]
    with proving("keys in parentheses, paths with an escape, and paths without /beta"):
        for path in [
            f"{POOLS}('{one}')", f"{POOLS}(%27{one}%27)", f"{POOLS.removeprefix('/beta')}/{one}",
            f"/beta/deviceManagement/embeddedSIMActivationCode%50ools/{one}",
        ]:  # fmt: skip
            assert get(path)["id"] == one, path
    with proving("options with $, with %24 and without, in any case, with + for a blank"):
        for query in [
            "$filter=displayName%20eq%20'O''Neil,%20Zo%C3%AB'&$top=1",
            "%24filter=displayName+eq+%27O%27%27Neil%2C+Zo%C3%AB%27&%24top=1",
            "filter=displayName%20eq%20'O''Neil,%20Zo%C3%AB'&top=1",
            "$Filter=displayName%20EQ%20'O''Neil,%20Zo%C3%AB'&$TOP=1",
        ]:
            assert [it["id"] for it in get(f"{POOLS}?{query}")["value"]] == [one], query
    with proving("the portal's call"):
        page = get(f"{POOLS}?$select=id,displayName,activationCodeCount&$expand=assignments")
        found = next(it for it in page["value"] if it["id"] == one)
        assert found["activationCodeCount"] == 0 and found["assignments"] == []
        assert f"('{one}')/assignments" in found["assignments@odata.context"]
    with proving("headers that mean nothing here do no harm"):
        status, _, page = send(
            "GET", f"{POOLS}?$count=true", ConsistencyLevel="eventual", Accept="*/*",
            OData_MaxVersion="4.0", OData_Version="4.0", SdkVersion="x/1",
        )  # fmt: skip
        assert status == 200 and page["@odata.count"] == len(page["value"])


def packed():
    with proving("bodies packed with gzip"):
        body = gzip.compress(json.dumps({"displayName": "packed"}).encode())
        status, _, pool = send(
            "POST", POOLS, body, Content_Encoding="gzip", Content_Type="application/json"
        )
        assert status == 201 and pool["displayName"] == "packed", f"{status} {pool}"


hashicorp()
spellings()
packed()
print("OK")

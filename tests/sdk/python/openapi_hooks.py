"""What schemathesis has to be told, because a schema cannot say it. It concerns valid requests;
invalid ones keep whatever was made up for them, but for two things: a dry run refuses no file, and
an order by several properties is a good one unless one of them occurs twice.

- `$filter` and `$search` have grammars; to a schema they are text. They get sentences of these.
- `$orderby` has each property once, and `$expand` each collection once with options of its grammar;
  to a generator of data, `maxContains` is no keyword. They lose what is repeated, or get sentences.
- `$skiptoken` is good only for the question that it was given for; it is left out.
- `If-Match` with another tag than the entity's own is a 412; it says `*`.
- The parts of a batch have different ids and depend on one another without a circle; they get
  numbers, and each depends on the one before it, if on any.
- An EID has check digits; claims and device states get a valid one.
- What is taken back or shown must have been taken before: such requests name what was claimed, and
  in sequences, where nothing was, they are left out.
- Files hold codes that nobody has had, and name only new pools.
- A token is given to an application that proves who it is; such requests name one.
- People sign in on pages that lead from one to the next; such requests follow one.
- What is explained must have been refused; such requests name a refusal.
- Made-up ids lead to a 404 and no further: they become those of entities made for the request.
  Sequences of requests find ids by themselves, by the links in the document.
"""

import functools
import itertools
import os
import re
import uuid
from pathlib import Path

import requests
import schemathesis
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

MANAGEMENT = os.environ["ESIMPOOL_URL"] + "/beta/deviceManagement"
POOLS = MANAGEMENT + "/embeddedSIMActivationCodePools"
AUDIT = MANAGEMENT + "/auditEvents"
ICCID = "integratedCircuitCardIdentifier"
EID = "universalIntegratedCircuitCardIdentifier"
SENTENCES = {
    "$filter": [
        "id ne 'x'",
        "not (id eq null) and id gt '00000000-0000-0000-0000-000000000000'",
        "id in ('a','b') or (id ne 'c')",
        "((id eq '00000000-0000-0000-0000-000000000000'))",
    ],
    "$search": ['"a b"', "a", "a AND NOT b", "(a OR b) c"],
}
EXPANSIONS = [
    "assignments",
    "deviceStates($select=id,state;$orderby=tolower(userName) desc,id;$top=2)",
    "assignments($filter=id ne 'x';$count=true),deviceStates",
]
ENTITIES = {
    "assignments": {"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}},
    "deviceStates": {"state": "installed"},
}
# The development issuer's own application, whose secret lies in the data folder.
TOKEN_FORM = {
    "grant_type": "client_credentials",
    "client_id": "de7e10b0-a44c-4001-9b00-000000000001",
    "client_secret": Path("development-client.secret").read_text(),
    "scope": "https://graph.microsoft.com/.default",
}
# Its public application, and what a person is asked and answers.
PUBLIC = "de7e10b0-a44c-4001-9b00-000000000002"
SIGN_IN = {
    "client_id": PUBLIC,
    "redirect_uri": "http://localhost/",
    "response_type": "code",
    "response_mode": "form_post",
    "scope": "openid",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}
ANSWER = {"user": "de7e10b0-05e4-4001-9b00-000000000001", "action": "allow"}
DEVICE = {"client_id": PUBLIC, "scope": "openid"}
# What is good only of something that was claimed.
CLAIMED = ("release", "reinstate", "esimpool.qr", "esimpool.windows")
session = requests.Session()
session.headers["Authorization"] = f"Bearer {os.environ['ESIMPOOL_TOKEN']}"


numbers = itertools.count()


def create(url, body):
    answer = session.post(url, json=body, timeout=30)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def with_check_digit(digits):
    """An ICCID with the last digit that Luhn's formula gives it."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return digits + str(-sum(number // 10 + number % 10 for number in doubled) % 10)


def code():
    """An activation code that nobody has had."""
    number = next(numbers)
    return {
        ICCID: with_check_digit(f"89{number:016}"),
        "matchingIdentifier": f"MADE-{number}",
        "smdpPlusServerAddress": "smdp.example.com",
    }


def carrier_file():
    it = code()
    return f"{it['smdpPlusServerAddress']}\n{it[ICCID]},{it['matchingIdentifier']}\n"


def claim(pool):
    answer = session.post(f"{pool}/esimpool.claim", json={"deviceName": "made"}, timeout=30)
    assert answer.status_code == 201, answer.text
    return answer.json()


def take_back(case, pool):
    """The body of a release or a reinstatement of something that was claimed."""
    case.body = {ICCID: claim(pool)["activationCode"][ICCID]}
    if case.path.endswith("reinstate"):
        session.post(f"{pool}/esimpool.release", json=case.body, timeout=30).raise_for_status()


def ticket(tenant):
    page = f"{os.environ['ESIMPOOL_URL']}/{tenant}/oauth2/v2.0/authorize"
    answer = requests.get(page, SIGN_IN, timeout=30)
    assert answer.status_code == 200, answer.text
    return re.search('name="ticket" value="([^"]+)"', answer.text)[1]


@functools.cache
def user_code():
    """The code of a device whose user never answers."""
    start = f"{os.environ['ESIMPOOL_URL']}/common/oauth2/v2.0/devicecode"
    return requests.post(start, DEVICE, timeout=30).json()["user_code"]


def signing_in(case):
    tenant = case.path_parameters["tenant"]
    if case.path.endswith("/token"):
        case.body = TOKEN_FORM
    elif case.path.endswith("/devicecode"):
        case.body = DEVICE
    elif case.path.endswith("/authorize") and case.method == "POST":
        case.body = ANSWER | {"ticket": ticket(tenant)}
    elif case.path.endswith("/authorize"):
        case.query = dict(SIGN_IN)
    elif case.method == "POST":
        case.body = {"user_code": user_code()}


@schemathesis.hook
def filter_case(context, case):
    stateful = case.meta is not None and case.meta.phase.name == TestPhase.STATEFUL
    return not (stateful and case.path.endswith(CLAIMED))


@schemathesis.hook
def map_case(context, case):
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        if case.path.endswith("esimpool.import"):
            case.query.pop("dryRun", None)
        orders = str(case.query.get("$orderby", "")).split(",")
        if len(orders) > 1:
            case.query["$orderby"] = ",".join([*orders, orders[0]])
        return case
    for name, sentences in SENTENCES.items():
        if name in case.query:
            case.query[name] = sentences[len(str(case.query[name])) % len(sentences)]
    if "$orderby" in case.query:
        # By property: `tolower(userName) desc` and `userName` are one.
        keys = str(case.query["$orderby"]).split(",")
        once = {re.sub(r"^\w+\(|\)| .*", "", key): key for key in keys}
        case.query["$orderby"] = ",".join(once.values())
    if "$expand" in case.query:
        case.query["$expand"] = EXPANSIONS[len(str(case.query["$expand"])) % len(EXPANSIONS)]
    case.query.pop("$skiptoken", None)
    if "If-Match" in case.headers:
        case.headers["If-Match"] = "*"
    if isinstance(case.body, dict) and isinstance(case.body.get(EID), str):
        case.body[EID] = "89049032123451234512345678901235"
    if case.path.endswith("esimpool.import"):
        case.body = carrier_file()
        if "{pool}" in case.path:
            case.query.pop("displayName", None)
    if case.path == "/beta/$batch":
        for number, part in enumerate(case.body["requests"]):
            part["id"] = str(number)
            for spelling in ("dependsOn", "depends_on"):
                if part.get(spelling):
                    part[spelling] = [str(number - 1)] if number else []
    if case.path.endswith("esimpool.claim"):
        # A code that was asked for by name must be there.
        case.body.pop(ICCID, None)
    if "tenant" in (case.path_parameters or {}):
        if "/oauth2/" in case.path:
            case.path_parameters["tenant"] = str(uuid.uuid4())
            signing_in(case)
        return case
    if "request" in (case.path_parameters or {}):
        refused = requests.get(POOLS, timeout=30)
        case.path_parameters["request"] = refused.headers["request-id"]
        return case
    if case.meta.phase.name != TestPhase.STATEFUL and case.path_parameters:
        if "pool" not in case.path_parameters:
            log = session.get(AUDIT, timeout=30).json()
            case.path_parameters["id"] = log["value"][0]["id"]
            return case
        pool = create(POOLS, {"displayName": "made for a request", "activationCodes": [code()]})
        case.path_parameters["pool"] = pool
        if case.path.endswith(("esimpool.qr", "esimpool.windows")):
            case.path_parameters["id"] = claim(f"{POOLS}/{pool}")["deviceState"]["id"]
        elif "id" in case.path_parameters:
            kind = next(kind for kind in ENTITIES if f"/{kind}/" in case.path)
            case.path_parameters["id"] = create(f"{POOLS}/{pool}/{kind}", ENTITIES[kind])
        if case.path.endswith(("release", "reinstate")):
            take_back(case, f"{POOLS}/{pool}")
    return case

"""schemathesis tries the service out with data made from its own OpenAPI document, valid and
invalid, and finds that it answers as the document says, refuses what it must, accepts what it may,
and never fails. All checks are on, none is left out; `openapi_hooks.py` says what is helped along."""

import os
import subprocess
import sys
from pathlib import Path

command = [
    Path(sys.executable).with_name("schemathesis"), "--no-color", "run",
    os.environ["ESIMPOOL_URL"] + "/openapi.json",
    "--header", f"Authorization: Bearer {os.environ['ESIMPOOL_TOKEN']}",
    "--mode", "all",
    "--phases", "examples,coverage,fuzzing,stateful",
    "--checks", "all",
    "--max-examples", "40",
    "--seed", "1",
    "--generation-database", "none",
    # How long it takes to make data up is the machine's matter, not the service's.
    "--suppress-health-check", "all",
    "--request-timeout", "30",
    "--continue-on-failure",
]  # fmt: skip
hooks = {"SCHEMATHESIS_HOOKS": "openapi_hooks", "PYTHONPATH": str(Path(__file__).parent)}
ended = subprocess.run(command, env=os.environ | hooks, check=False)
assert ended.returncode == 0, f"schemathesis ended with {ended.returncode}"
print("OK")

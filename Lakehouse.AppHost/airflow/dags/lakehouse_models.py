"""Runs the lakehouse's models by the hour through the transform service, and waits for the run to end.

The service also runs by itself whenever bronze has a new point to read at; a run that finds nothing new costs next to nothing.
"""

import json
import os
import time
import urllib.request
from datetime import datetime, timedelta

from airflow.sdk import dag, task

TRANSFORM = os.environ.get("services__transform__http__0", "http://localhost:8080")
DEADLINE = timedelta(minutes=30)


def call(method: str, path: str, body: dict | None = None) -> dict:
    request = urllib.request.Request(
        TRANSFORM + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


@dag(schedule="@hourly", start_date=datetime(2026, 1, 1), catchup=False, max_active_runs=1, tags=["lakehouse"])
def lakehouse_models():
    @task(retries=2, retry_delay=timedelta(seconds=30))
    def run_models(select: str | None = None) -> str:
        run = call("POST", "/api/v1/runs", {"select": select} if select else {})
        end = time.monotonic() + DEADLINE.total_seconds()
        while time.monotonic() < end:
            state = call("GET", f"/api/v1/runs/{run['id']}")
            if state["phase"] == "succeeded":
                return run["id"]
            if state["phase"] not in ("queued", "running"):
                failed = [node["name"] for node in state.get("nodes") or [] if node["status"] not in ("success", "pass", "skipped")]
                raise RuntimeError(f"run {run['id']} {state['phase']}: {state.get('error') or ', '.join(failed) or 'see the log of the transform service'}")
            time.sleep(2)
        raise TimeoutError(f"run {run['id']} has not ended after {DEADLINE}")

    run_models()


lakehouse_models()

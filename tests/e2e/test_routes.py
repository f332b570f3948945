"""The read-only routes of a real server, spoken to as a browser would."""

import gzip
import http.client
import json
from pathlib import Path

import psutil
import pytest
from safetensors.numpy import load

from pages.parts.assets import VERSION
from repz_core import recipes
from repz_core.runs import run_id
from tests.e2e.conftest import Lab

pytestmark = pytest.mark.e2e
SHIPPED = run_id(recipes.preset("vae", "2-D map of digits"))


def get(lab: Lab, path: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body as sent, with the path just as written."""
    connection = http.client.HTTPConnection("localhost", lab.port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def listen(lab: Lab, id: str, last: str | None = None, least: int = 1) -> tuple[list[dict], list[dict], int]:
    """Rows, statuses and the last event's id of a stream, until `least` rows and a status have come."""
    connection = http.client.HTTPConnection("localhost", lab.port, timeout=20)
    connection.request("GET", f"/repz/runs/{id}/events", headers={"Last-Event-ID": last} if last else {})
    answer = connection.getresponse()
    assert answer.headers["content-type"].startswith("text/event-stream")
    rows: list[dict] = []
    statuses: list[dict] = []
    offset, kind = 0, ""
    while len(rows) < least or not statuses:
        field, _colon, value = answer.readline().decode().strip().partition(": ")
        if field == "event":
            kind = value
        elif field == "id":
            offset = int(value)
        elif field == "data":
            rows += [] if kind else json.loads(value)
            statuses += [json.loads(value)] if kind else []
            kind = ""
    connection.close()
    return rows, statuses, offset


def test_the_stream_tells_the_whole_file_and_where_it_stands(lab: Lab) -> None:
    run = lab.store.open(SHIPPED)
    lines = [json.loads(line) for line in run.log().splitlines()]
    rows, statuses, offset = listen(lab, SHIPPED, least=len(lines))
    assert rows == lines
    assert offset == run.log_size()
    assert statuses[-1]["state"] == "done"


def test_a_reconnect_continues_without_a_gap_or_a_double(lab: Lab) -> None:
    content = lab.store.open(SHIPPED).log()
    lines = content.splitlines(keepends=True)
    seen = len(b"".join(lines[:100]))
    rows, _statuses, _offset = listen(lab, SHIPPED, last=str(seen), least=len(lines) - 100)
    assert rows == [json.loads(line) for line in lines[100:]]


@pytest.mark.parametrize("last", ["-1", "x", "9" * 40, "1e3"])
def test_a_senseless_event_id_starts_afresh(lab: Lab, last: str) -> None:
    rows, _statuses, _offset = listen(lab, SHIPPED, last=last)
    assert rows[0]["step"] == 0


def test_a_frame_is_immutable_safetensors(lab: Lab) -> None:
    run = lab.store.open(SHIPPED)
    status, headers, body = get(lab, f"/repz/runs/{SHIPPED}/frames/{run.frames()[-1]}")
    assert status == 200
    assert headers["content-encoding"] == "gzip"
    assert "immutable" in headers["cache-control"]
    arrays, here = load(gzip.decompress(body)), run.snapshot(run.frames()[-1]).arrays
    assert {name: array.tobytes() for name, array in arrays.items()} == {n: a.tobytes() for n, a in here.items()}


@pytest.mark.parametrize(
    "path",
    [
        "/repz/runs/vae-00000000000000ff/events",
        "/repz/runs/..%2f..%2fetc/events",
        "/repz/runs/nonsense/frames/0",
        f"/repz/runs/{SHIPPED}/frames/3",
        f"/repz/assets/{VERSION}/../../shell.py",
        f"/repz/assets/{VERSION}/..%2f..%2fshell.py",
        f"/repz/assets/{VERSION}/none.js",
        f"/repz/assets/{VERSION}//etc/passwd",
    ],
)
def test_what_is_not_there_is_one_sentence(lab: Lab, path: str) -> None:
    status, _headers, body = get(lab, path)
    assert b"Traceback" not in body
    assert b"import" not in body
    if status == 200:  # Streamlit answers any other path with its own page, which then says so
        assert b"<title>Streamlit</title>" in body
    else:
        assert status in (400, 404)


def test_assets_are_kept_by_browsers(lab: Lab) -> None:
    status, headers, body = get(lab, f"/repz/assets/{VERSION}/shared/run.js")
    assert status == 200
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]
    assert b"EventSource" in body
    assert "no-store" in get(lab, "/repz/assets/of-yesterday/shared/run.js")[1]["cache-control"]


def test_routes_are_read_only(lab: Lab) -> None:
    before = sorted(path.name for path in lab.home.iterdir())
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        connection = http.client.HTTPConnection("localhost", lab.port, timeout=20)
        connection.request(method, f"/repz/runs/{SHIPPED}/events")
        assert connection.getresponse().status == 405
        connection.close()
    assert sorted(path.name for path in lab.home.iterdir()) == before


def test_the_web_process_is_light(lab: Lab) -> None:
    process = psutil.Process(lab.process.pid)
    libraries = {Path(entry.path).name for entry in process.memory_maps()}
    assert not [name for name in libraries if "torch" in name or "_umap" in name or "sklearn" in name]
    assert process.memory_info().rss < 300e6


def test_the_weights_are_those_of_the_model_and_say_their_step(lab: Lab) -> None:
    status, headers, body = get(lab, f"/repz/runs/{SHIPPED}/weights")
    assert status == 200
    assert headers["x-repz-step"] == "4000"
    assert headers["content-encoding"] == "gzip"
    found = load(gzip.decompress(body))
    expected = lab.store.open(SHIPPED).model().state_dict()
    assert found.keys() == expected.keys()
    assert all((found[name] == tensor.numpy()).all() for name, tensor in expected.items())


@pytest.mark.parametrize("id", ["vae-00000000000000ff", "nonsense", "queued"])
def test_where_there_are_no_weights_it_is_one_sentence(lab: Lab, id: str) -> None:
    if id == "queued":
        recipe = recipes.preset("vae", "2-D map of digits").replace(seed=77)
        id = lab.store.create(recipe, lab.store.root / run_id(recipe)).id
        lab.store.open(id).steer(desired="stop")
    status, _headers, body = get(lab, f"/repz/runs/{id}/weights")
    assert status == 404
    assert len(body.decode().splitlines()) == 1

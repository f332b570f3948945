"""What the guard lets through, and that no address makes a route stumble. Spoken to as a server does: by ASGI."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware

from pages.access import COOKIE, Pass
from pages.parts.assets import VERSION
from pages.routes import ROUTES
from pages.security import HEADERS, Guard
from repz_core import recipes
from repz_core.runs import run_id
from tests.conftest import run_async

APP = Starlette(routes=ROUTES, middleware=[Middleware(Guard)])
SHIPPED = run_id(recipes.preset("vae", "2-D map of digits"))
WEIGHTS = f"/repz/runs/{SHIPPED}/weights"
HOME = ("127.0.0.1", 50000)


def ask(path, method="GET", client=HOME, kind="http", host="localhost:8501", **headers):
    """Status, headers and body of one request; a stream is left after its first word."""
    lines = {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": kind, "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": path, "raw_path": path.encode(errors="replace"), "root_path": "",
        "query_string": b"", "client": client, "server": ("127.0.0.1", 8501), "subprotocols": [],
        "headers": [(name.encode(), value.encode()) for name, value in lines.items() if value is not None],
    }  # fmt: skip
    sent = []
    waiting = iter([{"type": "http.request"} if kind == "http" else {"type": "websocket.connect"}])

    async def receive():
        return next(waiting, {"type": f"{kind}.disconnect"})

    async def send(message):
        sent.append(message)

    run_async(APP(scope, receive, send))
    status = sent[0].get("status", sent[0]["type"])
    found = {name.decode(): value.decode() for name, value in sent[0].get("headers", [])}
    return status, found, b"".join(message.get("body", b"") for message in sent)


@pytest.fixture
def hosted(monkeypatch):
    monkeypatch.setenv("REPZ_HOSTED", "1")


def test_every_answer_has_the_headers():
    for path, method, status in ((WEIGHTS, "GET", 200), (WEIGHTS, "POST", 405), ("/repz/runs/x/weights", "GET", 404)):
        found, headers, _body = ask(path, method)
        assert found == status
        assert {name: headers[name.lower()] for name in HEADERS} == HEADERS
    policy = HEADERS["Content-Security-Policy"]
    assert "http" not in policy
    assert "*" not in policy
    assert "frame-ancestors 'self'" in policy


def test_an_answers_own_header_stays(monkeypatch):
    async def app(scope, receive, send):
        lines = [(b"referrer-policy", b"no-referrer")]
        await send({"type": "http.response.start", "status": 200, "headers": lines})
        await send({"type": "http.response.body"})

    monkeypatch.setattr("tests.pages.test_security.APP", Guard(app))
    assert ask("/")[1]["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
@pytest.mark.parametrize("path", [WEIGHTS, "/repz/none"])
def test_routes_are_read_only(method, path):
    assert ask(path, method)[0] == 405


@pytest.mark.parametrize("host", ["localhost", "localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST:1"])
def test_names_of_this_machine(host):
    assert ask(WEIGHTS, host=host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "localhost.evil.example", "10.0.0.1", "", None,
                                  "localhost@evil.example", "[::1", "127.0.0.1.evil.com", "0.0.0.0:8501"])  # fmt: skip
def test_another_name_for_this_machine_is_a_trick(host):
    status, _headers, body = ask(WEIGHTS, host=host)
    assert status == 403
    assert b"REPZ_HOSTED=1" in body
    assert ask("/_stcore/stream", kind="websocket", host=host)[0] == "websocket.close"


def test_another_machine_is_no_user_of_this_one(hosted, monkeypatch):
    """uvicorn may be told to listen everywhere, and forward what a proxy says."""
    for client in (("10.0.0.7", 50000), None):
        assert ask(WEIGHTS, client=client)[0] == 200
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("REPZ_HOSTED")
            assert ask(WEIGHTS, client=client)[0] == 403


def test_a_hosted_lab_has_any_name(hosted):
    for host in ("lab.example.org", "10.0.0.1:8501", "localhost"):
        assert ask(WEIGHTS, host=host, client=("10.0.0.7", 1))[0] == 200
        assert ask(WEIGHTS, host=host, origin=f"http://{host}")[0] == 200
        assert ask(WEIGHTS, host=host, origin=f"https://{host}")[0] == 200  # behind a proxy


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:3000"},
        {"origin": "http://localhost:8501.evil.example"},
        {"origin": "localhost:8501"},
        {"origin": ""},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_another_sites_page_is_refused(headers):
    assert ask(WEIGHTS, **headers)[0] == 403
    assert ask("/_stcore/stream", kind="websocket", **headers)[0] == "websocket.close"
    if "sec_fetch_site" in headers:  # a link to a page of the lab is no fault
        assert ask("/vae", **headers)[0] == 404  # of this app, which has no pages


def test_an_origin_that_is_named_is_let_in(monkeypatch):
    options = {"server.address": "localhost", "server.corsAllowedOrigins": ["https://slides.example"]}
    monkeypatch.setattr("streamlit.get_option", options.get)
    assert ask(WEIGHTS, origin="https://slides.example")[0] == 200
    assert ask(WEIGHTS, origin="https://slides.example.evil")[0] == 403


def test_only_a_presenter_sends_files_to_a_hosted_lab(hosted, monkeypatch):
    path = "/_stcore/upload_file/session/file"
    monkeypatch.setattr("pages.security.hall.passes", {"token": Pass()})
    for cookie, status in ((None, 403), ("", 403), (f"{COOKIE}=x", 403), (f"a=b; {COOKIE}=token", 404)):  # let through
        assert ask(path, "PUT", cookie=cookie)[0] == status
    monkeypatch.delenv("REPZ_HOSTED")
    assert ask(path, "PUT")[0] == 404


SEGMENTS = st.sampled_from(
    ["repz", "runs", "assets", "plotly", "events", "frames", "weights", "now", SHIPPED, VERSION, "shared", "run.js",
     "..", ".", "", "~", "%2e%2e", "..\\..", "0", "4000", "-1", "9" * 150, "9" * 5000, "\0", "a" * 300,
     "vae-00000000000000ff"]
) | st.text(max_size=8)  # fmt: skip


@settings(max_examples=150)
@given(
    st.sampled_from(["/repz/runs/", f"/repz/runs/{SHIPPED}/", f"/repz/assets/{VERSION}/", "/repz/plotly/", "/repz/"]),
    st.lists(SEGMENTS, max_size=4),
)
def test_any_address_is_answered(start, rest):
    status, headers, body = ask(start + "/".join(rest))
    assert status in (200, 404)
    assert headers["x-content-type-options"] == "nosniff"
    if status == 404:
        assert len(body.splitlines()) == 1
        assert b"Traceback" not in body

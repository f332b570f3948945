"""Data sets from OpenML, against a small copy of its server on loopback; and files put there by hand."""

import gzip
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from repz_core import datasets
from repz_core.config import RepzError
from repz_core.datasets import catalogue, openml

NUM_ROWS = {"mnist": 140, "cifar10": 120}
NUM_TEST = 20


def images(name):
    """A tiny data set of the right shape: x (N, n) uint8 and y (N,), classes in turn."""
    num_rows, num_pixels = NUM_ROWS[name], int(np.prod(catalogue.card(name).shape))
    x = np.random.default_rng(0).integers(0, 256, (num_rows, num_pixels), dtype=np.uint8)
    return x, np.arange(num_rows) % 10


class FakeOpenML(ThreadingHTTPServer):
    """Answers what fetch_openml asks of OpenML's interface, from `documents`: path -> bytes."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.site = f"http://127.0.0.1:{self.server_address[1]}"
        self.documents, self.asked, self.status = {}, [], 200

    def publish(self, name, md5=None):
        x, y = images(name)
        number = int(catalogue.card(name).version.removeprefix("openml-"))
        columns = [f"pixel{i}" for i in range(x.shape[1])]
        head = [f"@RELATION {name}", *(f"@ATTRIBUTE {column} real" for column in columns)]
        head += ["@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}", "@DATA"]
        quote = "'" if name == "cifar10" else ""  # both are valid ARFF
        rows = [",".join(map(str, [*pixels, f"{quote}{label}{quote}"])) for pixels, label in zip(x, y, strict=True)]
        arff = "\n".join([*head, *rows, ""]).encode()
        common = {"is_ignore": "false", "is_row_identifier": "false", "number_of_missing_values": "0"}
        features = [{"name": c, "data_type": "numeric", "is_target": "false", **common} for c in columns]
        features.append({"name": "class", "data_type": "nominal", "is_target": "true", **common})
        about = {"id": str(number), "name": name, "version": "1", "description": "tiny", "format": "ARFF",
                 "status": "active", "url": f"{self.site}/data/v1/download/{number}/{name}.arff",
                 "md5_checksum": md5 or hashlib.md5(arff).hexdigest()}  # fmt: skip
        qualities = [{"name": "NumberOfInstances", "value": str(len(x))}]
        api = "/api/v1/json/data"
        self.documents |= {
            f"{api}/{number}": json.dumps({"data_set_description": about}).encode(),
            f"{api}/features/{number}": json.dumps({"data_features": {"feature": features}}).encode(),
            f"{api}/qualities/{number}": json.dumps({"data_qualities": {"quality": qualities}}).encode(),
            f"/data/v1/download/{number}/{name}.arff": arff,
        }


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        body = self.server.documents.get(self.path)
        status = self.server.status if body is not None else 404
        content = gzip.compress(body or b"")
        self.send_response(status)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


def point_at(site, monkeypatch):
    """Make scikit-learn and repz take `site` for OpenML."""
    sk_openml = pytest.importorskip("sklearn.datasets._openml")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(openml, "SITE", site)
    for constant in ("_DATA_INFO", "_DATA_FEATURES", "_DATA_QUALITIES"):
        address = getattr(sk_openml, constant)
        monkeypatch.setattr(sk_openml, constant, address.replace("https://www.openml.org", site))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("REPZ_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def server(monkeypatch):
    with FakeOpenML() as fake:
        thread = threading.Thread(target=fake.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        point_at(fake.site, monkeypatch)
        yield fake
        fake.shutdown()
        thread.join()


@pytest.fixture
def nobody(monkeypatch):
    """An address at which connections are refused."""
    with FakeOpenML() as closed:
        site = closed.site
    point_at(site, monkeypatch)


def check(name, data):
    x, y = images(name)
    assert data.shape == catalogue.card(name).shape
    assert np.bincount(data.split).tolist() == [len(y) - NUM_TEST - 10, 10, NUM_TEST]
    assert np.bincount(data.part("validation").y).tolist() == [1] * 10
    test = data.part("test")
    assert np.array_equal(test.x, x[-NUM_TEST:] / np.float32(255))
    assert np.array_equal(test.y, y[-NUM_TEST:])
    rows = {pixels.tobytes(): label for pixels, label in zip(x, y, strict=True)}
    back = np.round(data.x * 255).astype(np.uint8)
    assert [rows[pixels.tobytes()] for pixels in back] == data.y.tolist()
    assert data.x.dtype == np.float32
    assert data.y.dtype == np.int64


@pytest.mark.parametrize("name", NUM_ROWS)
def test_fetched_then_cached(name, server, cache):
    server.publish(name)
    first = datasets.load(name)
    check(name, first)
    num_asked = len(server.asked)
    again = datasets.load(catalogue.identity(name))
    assert np.array_equal(again.x, first.x)
    assert len(server.asked) == num_asked


def test_download_is_kept_for_when_the_cache_is_lost(server, cache):
    server.publish("mnist")
    datasets.load("mnist")
    server.status = 503
    (cache / f"{catalogue.identity('mnist')}.npz").write_bytes(b"torn")
    check("mnist", datasets.load("mnist"))


def test_cache_that_cannot_be_written(server, tmp_path, monkeypatch):
    server.publish("mnist")
    (tmp_path / "file").touch()
    monkeypatch.setenv("REPZ_CACHE", str(tmp_path / "file" / "cache"))
    check("mnist", datasets.load("mnist"))


def test_wrong_checksum(server, cache):
    server.publish("mnist", md5="0" * 32)
    with pytest.raises(RepzError, match=r"^mnist could not be fetched .*md5 checksum.* into the folder .*manual\.$"):
        datasets.load("mnist")
    assert not list(cache.glob("*.npz"))


@pytest.mark.parametrize(("status", "reason"), [(503, "Service Unavailable"), (412, "Precondition Failed")])
def test_server_at_fault(status, reason, server, cache):
    server.publish("mnist")
    server.status = status
    with pytest.raises(RepzError, match=rf"\(data set 554\): {reason}; connect to the network"):
        datasets.load("mnist")


def test_server_without_the_file(server, cache):
    server.publish("mnist")
    del server.documents["/data/v1/download/554/mnist.arff"]
    with pytest.raises(RepzError, match=r"Not Found; connect to the network"):
        datasets.load("mnist")


@pytest.mark.usefixtures("nobody")
def test_offline_is_one_sentence_that_says_what_to_do(cache):
    start = time.monotonic()
    with pytest.raises(RepzError) as caught:
        datasets.load("cifar10")
    assert time.monotonic() - start < 5
    sentence = str(caught.value)
    assert sentence.startswith("cifar10 could not be fetched from http")
    assert "(data set 40927)" in sentence
    assert "refused" in sentence
    assert "cifar10.npz with the arrays x (uint8, N rows of 3072 values from 0 to 255" in sentence
    assert sentence.endswith(f"into the folder {cache / 'manual'}.")


def test_silent_server_is_given_up(server, cache, monkeypatch):
    server.publish("cifar10")
    datasets.load("cifar10")  # what is there of another data set does not keep it waiting
    with FakeOpenML() as silent:  # it listens, but nobody serves
        point_at(silent.site, monkeypatch)
        monkeypatch.setattr(openml, "PROBE_SECONDS", 0.2)
        with pytest.raises(RepzError, match="timed out; connect to the network"):
            datasets.load("mnist")


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("name", NUM_ROWS)
def test_file_by_hand(name, cache):
    x, y = images(name)
    (cache / "manual").mkdir()
    np.savez_compressed(cache / "manual" / f"{name}.npz", x=x, y=y.astype(np.uint8))
    check(name, datasets.load(name))


X, Y = images("mnist")
FAULTS = {
    "columns": ({"x": X[:, 1:], "y": Y}, r"x of shape \(N, 784\) and y of shape \(N,\); got \(140, 783\), \(140,\)"),
    "rows": ({"x": X, "y": Y[1:]}, r"x of shape"),
    "scalars": ({"x": np.uint8(0), "y": np.int64(0)}, r"x of shape"),
    "empty": ({"x": X[:0], "y": Y[:0]}, r"whole numbers from 0 to 255 in x"),
    "type": ({"x": X.astype(np.float64), "y": Y}, r"x of type uint8 and y of whole numbers; got float64, int64"),
    "labels": ({"x": X, "y": Y.astype(str)}, r"y of whole numbers; got uint8, <U21"),
    "range": ({"x": X // 255, "y": Y}, r"whole numbers from 0 to 255 in x; got 0 to 1"),
    "classes": ({"x": X, "y": Y // 2}, r"each class from 0 to 9 in y; got 0, 1, 2, 3, 4"),
    "missing": ({"x": X}, r"cannot be read as an npz file with arrays x and y: .*y"),
    "pickle": ({"x": np.array([{}], dtype=object), "y": Y}, r"cannot be read .*allow_pickle"),
}


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_file_by_hand_is_named(fault, cache):
    arrays, message = FAULTS[fault]
    path = cache / "manual" / "mnist.npz"
    path.parent.mkdir()
    np.savez(path, **arrays)
    with pytest.raises(RepzError, match=message) as caught:
        datasets.load("mnist")
    assert str(caught.value).startswith(str(path))
    assert not list(cache.glob("*.npz"))


def test_torn_file_by_hand(cache):
    (cache / "manual").mkdir()
    (cache / "manual" / "mnist.npz").write_bytes(b"PK\x03\x04torn")
    with pytest.raises(RepzError, match="cannot be read as an npz file"):
        datasets.load("mnist")

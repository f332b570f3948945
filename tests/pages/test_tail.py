"""The event stream of a run: every viewer gets each line once, and most of them the very same bytes."""

import asyncio
import shutil

import pytest

from pages import tail as tails
from pages.tail import Tail, encode
from tests.conftest import run_async


@pytest.fixture
def run(store, tiny, monkeypatch):
    """A run with two rows logged, looked at often."""
    monkeypatch.setattr(tails, "PACE", 0.02)
    monkeypatch.setattr(tails, "LOOK", 0.02)
    created = store.submit(tiny())
    write(created, 0, 1)
    return created


def write(run, *steps):
    """Append rows to the run's log."""
    with (run.folder / "events.jsonl").open("ab") as log:
        log.write(b"".join(b'{"step":%d}\n' % step for step in steps))


def ids(message):
    """What follows "id:" in a message."""
    return [int(line[4:]) for line in message.splitlines() if line.startswith(b"id: ")]


async def listen(stream):
    """The next message, within a while."""
    return await asyncio.wait_for(anext(stream), 20)


def test_what_is_new_is_the_same_bytes_for_everybody(run):
    async def watch():
        tail = Tail(run)
        viewers = [tail.follow(0), tail.follow(11), tail.follow(22)]
        first = [await listen(viewer) for viewer in viewers]
        write(run, 2)
        run.steer(desired="pause")
        second = [await listen(viewer) for viewer in viewers]
        return first, second

    first, second = run_async(watch())
    assert [ids(message) for message in first] == [[22], [22], []]
    assert all(b'"desired": "run"' in message for message in first)
    assert b'[{"step":2}]' in second[0]
    assert second[0] is second[1] is second[2]


def test_rows_and_status_come_in_one_message(run):
    async def watch():
        tail = Tail(run)
        viewer = tail.follow(22)
        await listen(viewer)
        run.steer(desired="pause")
        write(run, 2)
        tail._look()
        return tail.news

    news = run_async(watch())
    assert news.startswith(encode(b'{"step":2}\n', 33))
    assert b'"desired": "pause"' in news


def test_who_was_slow_catches_up_without_a_gap_or_a_double(run):
    async def watch():
        tail = Tail(run)
        slow, quick = tail.follow(0), tail.follow(0)
        heard = [await listen(slow)]
        await listen(quick)
        for step in (2, 3, 4):
            write(run, step)
            await listen(quick)
        heard.append(await listen(slow))
        return heard

    heard = run_async(watch())
    assert heard[0].startswith(encode(b'{"step":0}\n{"step":1}\n', 22))
    assert heard[1].startswith(encode(b'{"step":2}\n{"step":3}\n{"step":4}\n', 55))


def test_a_torn_line_waits_for_its_end(run):
    with (run.folder / "events.jsonl").open("ab") as log:
        log.write(b'{"step":')

    async def watch():
        viewer = Tail(run).follow(0)
        first = await listen(viewer)
        with (run.folder / "events.jsonl").open("ab") as log:
            log.write(b"2}\n")
        return first, await listen(viewer)

    first, second = run_async(watch())
    assert ids(first) == [22]
    assert second == encode(b'{"step":2}\n', 33)


def test_a_quiet_stream_is_kept_alive(run, monkeypatch):
    monkeypatch.setattr(tails, "KEEP_ALIVE", 0.05)

    async def watch():
        viewer = Tail(run).follow(0)
        return [await listen(viewer) for _ in range(3)]

    assert run_async(watch())[1:] == [tails.STILL_HERE] * 2


def test_the_stream_of_a_deleted_run_ends(run):
    async def watch():
        viewer = Tail(run).follow(0)
        await listen(viewer)
        shutil.rmtree(run.folder)
        return [message async for message in viewer]

    assert b'"gone"' in run_async(asyncio.wait_for(watch(), 20))[-1]


def test_nobody_looks_where_nobody_watches(run):
    async def watch():
        tail = Tail(run)
        viewer = tail.follow(0)
        await listen(viewer)
        await viewer.aclose()
        await asyncio.wait_for(tail.task, 20)
        return tail.viewers

    assert run_async(watch()) == 0

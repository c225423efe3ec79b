"""A server that is asked to end finishes what runs, and takes nothing new."""

import os
import signal
import socket
import threading

import psycopg

from support.processes import wait_until


def test_a_server_asked_to_end_finishes_what_runs_and_takes_nothing_new(start_server, new_database, new_redis, api_of):
    database = new_database()
    server = start_server(database, new_redis())
    api = api_of(server)
    guest = api.new_guest()
    guest.token
    answers = []
    with psycopg.connect(database) as holder:
        holder.execute("select 1 from app_user where id = %s for update", [guest.id])
        asking = threading.Thread(target=lambda: answers.append(guest.patch("/users/me/", {"bio": "finished in time"})))
        asking.start()
        with psycopg.connect(database, autocommit=True) as watcher:
            blocked = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            wait_until(lambda: watcher.execute(blocked).fetchone(), 10, "the request waiting for the lock")
        server.signal(signal.SIGTERM)
        wait_until(lambda: refuses_connections(server.port), 10, "the server refusing new connections")
        assert server.running() and not answers
    asking.join(30)
    assert answers[0].expect(200)["bio"] == "finished in time"
    assert server.wait(30) == 0


def test_idle_connections_do_not_hold_up_the_end(start_server, new_database, new_redis):
    server = start_server(new_database(), new_redis(), ROOST_HTTP_HEADER_TIMEOUT_MS="500")
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    idle[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert idle[0].recv(4096).startswith(b"HTTP/1.1 200")
    idle[1].sendall(b"POST /api/v1/users/ HTTP/1.1\r\nHost: x\r\nContent-Le")
    assert server.stop(40) == 0
    for connection in idle:
        connection.close()


def refuses_connections(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return True
    return False


def test_a_second_signal_or_a_signal_at_the_start_ends_it_too(start_server, new_database, new_redis):
    server = start_server(new_database(), new_redis(), ready=False)
    wait_until(lambda: not refuses_connections(server.port), 60, "the server listening")
    server.signal(signal.SIGTERM)
    try:
        os.kill(server.process.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    assert server.wait(40) == 0

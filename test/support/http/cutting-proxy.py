"""Passes connections on to a server, over a line that holds as little as a network does, and cuts them.

    cutting-proxy.py PORT    where connections lead at first

On standard input: "lead PORT", "cut", "stop-at BYTES" (of all that clients send), "go-on". On standard output: its own port, then a line "sent BYTES" each time
as many came as were asked for: nothing more is taken until it is told how far it may go on.
"""
import socket
import sys
import threading

PIECE = 16_384
target = int(sys.argv[1])
connections = set()
sent = 0
limit = None
moved = threading.Condition()


def say(line):
    print(line, flush=True)


def take(bytes_come):
    """Counts what a client has sent, and waits where that is as far as it may go."""
    global sent
    with moved:
        sent += bytes_come
        if limit is not None and sent - bytes_come < limit <= sent:
            say(f'sent {sent}')
        while limit is not None and sent >= limit:
            moved.wait()


def relay(source, sink, ends, count):
    try:
        while piece := source.recv(PIECE):
            if count:
                take(len(piece))
            sink.sendall(piece)
    except OSError:
        pass
    end(ends)
    # Who still sends there is told so: data for a socket that is shut down alone is held, and never refused.
    source.close()


def end(ends):
    connections.discard(ends)
    for one in ends:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def narrow(one):
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        one.setsockopt(socket.SOL_SOCKET, option, 32_768)
    return one


def serve(listener):
    while True:
        client, _ = listener.accept()
        upstream = narrow(socket.socket())
        try:
            upstream.connect(('127.0.0.1', target))
        except OSError:
            client.close()
            continue
        ends = (client, upstream)
        connections.add(ends)
        for source, sink, count in ((client, upstream, True), (upstream, client, False)):
            threading.Thread(target=relay, args=(source, sink, ends, count), daemon=True).start()


# What a connection takes at once is chosen before it is there.
listener = narrow(socket.socket())
listener.bind(('127.0.0.1', 0))
listener.listen()
say(listener.getsockname()[1])
threading.Thread(target=serve, args=(listener,), daemon=True).start()
for line in sys.stdin:
    command, *values = line.split()
    if command == 'lead':
        target = int(values[0])
    elif command == 'cut':
        for ends in list(connections):
            end(ends)
    elif command == 'stop-at':
        with moved:
            limit = int(values[0])
            if sent >= limit:
                say(f'sent {sent}')
            moved.notify_all()
    elif command == 'go-on':
        with moved:
            limit = None
            moved.notify_all()

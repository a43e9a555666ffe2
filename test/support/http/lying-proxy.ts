import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** One direction of all connections: what the clients ask, or what the server answers. */
export interface Direction {
  /** Holds back what comes from now on. */
  hold(): void;
  /** Passes on what was held, in order, and all that comes later. */
  release(): void;
}

/** A unix socket in front of a server's, that holds back, or loses, what the two say to each other. */
export interface LyingProxy {
  /** As the setting REDIS_URL takes it. */
  url: string;
  requests: Direction;
  answers: Direction;
  /** Breaks all connections: what was held is lost. New connections are taken, and pass everything. */
  cut(): void;
  close(): Promise<void>;
}

/**
 * Opens the proxy at `path`. The socket of the server behind it is asked for at each connection; as long as there is
 * none, connections break.
 */
export async function openLyingProxy(path: string, serverSocket: () => string | undefined): Promise<LyingProxy> {
  const requests = createDirection();
  const answers = createDirection();
  const sockets = new Set<Socket>();

  const proxy = createServer((client): void => {
    const socket = serverSocket();
    if (!socket) {
      client.destroy();
      return;
    }
    const upstream = connect(socket);
    requests.carry(client, upstream);
    answers.carry(upstream, client);
    for (const end of [client, upstream]) {
      sockets.add(end);
      end.on('error', () => {});
      end.on('close', () => {
        sockets.delete(end);
        // Either end takes the other with it.
        client.destroy();
        upstream.destroy();
      });
    }
  });
  proxy.listen(path);
  await once(proxy, 'listening');

  const cut = () => {
    for (const socket of sockets) socket.destroy();
    for (const direction of [requests, answers]) direction.reset();
  };
  return {
    url: `unix:${path}`,
    requests,
    answers,
    cut,
    async close() {
      cut();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

interface Carrier extends Direction {
  /** Passes on, or holds, what one socket sends to another. */
  carry(from: Socket, to: Socket): void;
  /** Loses what was held, and passes everything again. */
  reset(): void;
}

function createDirection(): Carrier {
  let isHeld = false;
  let held: { to: Socket; bytes: Buffer }[] = [];
  const reset = () => {
    isHeld = false;
    held = [];
  };
  return {
    carry(from, to) {
      from.on('data', (bytes) => {
        if (isHeld) held.push({ to, bytes });
        else to.write(bytes);
      });
    },
    hold() {
      isHeld = true;
    },
    release() {
      const late = held;
      reset();
      for (const { to, bytes } of late) to.write(bytes);
    },
    reset,
  };
}

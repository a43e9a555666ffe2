import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP port before a server, as a network that may swallow everything: no connection ends, and nothing arrives. */
export interface BlackHole {
  port: number;
  /** From now on nothing is passed on: neither bytes, nor the end of a connection, nor a new one. */
  swallow(): void;
  /** Passes on what was swallowed, late and in order, as a network does whose ends send again; and all that comes later. */
  release(): void;
  close(): Promise<void>;
}

/** Opens it on loopback before that port. */
export async function openBlackHole(target: number): Promise<BlackHole> {
  const sockets = new Set<Socket>();
  let swallowed: (() => void)[] | null = null;
  const pass = (deed: () => void) => {
    if (swallowed) swallowed.push(deed);
    else deed();
  };
  const carry = (from: Socket, to: () => Socket) => {
    sockets.add(from);
    from.on('data', (bytes) => pass(() => to().write(bytes)));
    from.on('error', () => {});
    from.once('close', () => {
      sockets.delete(from);
      pass(() => to().end());
    });
  };
  const server = createServer((client) => {
    let upstream: Socket | null = null;
    const open = () => {
      upstream = connect(target, '127.0.0.1');
      carry(upstream, () => client);
    };
    pass(open);
    carry(client, () => upstream as Socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    swallow() {
      swallowed ??= [];
    },
    release() {
      const late = swallowed ?? [];
      swallowed = null;
      for (const deed of late) deed();
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

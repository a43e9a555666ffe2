import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP port before a server, which can go away and come back. */
export interface Gate {
  port: number;
  /** Nobody listens, and who was connected is cut off. */
  shut(): Promise<void>;
  /** Connections are taken, and nothing comes. */
  hang(): Promise<void>;
  open(): Promise<void>;
}

/** Opens a gate on loopback before that port. */
export async function openGate(target: number): Promise<Gate> {
  const sockets = new Set<Socket>();
  let hangs = false;
  const server = createServer((socket) => {
    keep(socket);
    if (hangs) return;
    const behind = connect(target, '127.0.0.1');
    keep(behind);
    socket.pipe(behind).pipe(socket);
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      one.once('close', () => other.destroy());
    }
  });
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  };
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const listen = async () => {
    if (!server.listening) await once(server.listen(port, '127.0.0.1'), 'listening');
  };
  return {
    port,
    async shut() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
    async hang() {
      hangs = true;
      cut();
      await listen();
    },
    async open() {
      hangs = false;
      cut();
      await listen();
    },
  };
}

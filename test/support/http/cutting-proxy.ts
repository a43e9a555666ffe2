import { connect, createServer, type Server, type Socket } from 'node:net';

/** Passes connections on to one of several servers, counts what clients send, and cuts connections when it is told to. */
export interface CuttingProxy {
  url: string;
  /** How many bytes clients have sent. */
  sent(): number;
  /** Has further connections go there. */
  leadTo(url: string): void;
  /** Ends all connections. */
  cut(): void;
  close(): Promise<void>;
}

/** Opens the proxy. */
export async function openCuttingProxy(first: string): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let target = new URL(first);
  let sent = 0;
  const server: Server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (chunk) => {
      sent += chunk.length;
    });
    client.pipe(upstream);
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    sent: () => sent,
    leadTo(url) {
      target = new URL(url);
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A port in front of a server's, whose connections break when the test wants. */
export interface CutProxy {
  url: string;
  /** Bytes that went through to the server. */
  sent: number;
  /** Breaks all connections once so many more bytes have gone through to the server. */
  cutAfter(bytes: number): void;
  /** Whether such a cut has happened. */
  isCut: boolean;
  close(): Promise<void>;
}

/** Opens the proxy on loopback. */
export async function openCutProxy(target: string): Promise<CutProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let limit = Number.POSITIVE_INFINITY;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const end of [client, upstream]) {
      sockets.add(end);
      end.on('error', () => {});
      end.on('close', () => {
        sockets.delete(end);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => {
      proxy.sent += chunk.length;
      limit -= chunk.length;
      if (limit > 0) return void upstream.write(chunk);
      limit = Number.POSITIVE_INFINITY;
      proxy.isCut = true;
      // What was taken so far arrives; then all is silent.
      upstream.end(chunk);
      for (const socket of sockets) if (socket !== upstream) socket.destroy();
    });
    upstream.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: CutProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: 0,
    isCut: false,
    cutAfter(bytes) {
      limit = bytes;
      proxy.isCut = false;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

import { once } from 'node:events';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { createServer } from 'node:tls';

/** A TLS server that breaks every handshake off. */
export interface AlertingServer {
  port: number;
  /** How many connections have been broken off. */
  broken(): number;
  close(): void;
}

/** What a server takes for the end of a handshake, and can not read: encrypted contents of 32 bytes. */
const UNREADABLE = Buffer.concat([Buffer.from([23, 3, 3, 0, 32]), Buffer.alloc(32, 7)]);

/**
 * Opens a TLS server whose certificate and whose alert come together, so that a client that does not believe the one hears of the
 * other too.
 */
export async function openAlertingServer(files: { cert: string; key: string }): Promise<AlertingServer> {
  const server = createServer(files);
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets = new Set<Socket>();
  let broken = 0;
  const front = createTcpServer((client) => {
    const behind = connect(port, '127.0.0.1');
    const held: Buffer[] = [];
    client.on('data', (data) => behind.write(data));
    behind.on('data', (data) => {
      if (held.push(data) === 1) behind.write(UNREADABLE);
    });
    behind.on('close', () => client.end(Buffer.concat(held)));
    client.on('close', () => {
      broken += 1;
      behind.destroy();
    });
    for (const socket of [client, behind]) {
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
      sockets.add(socket);
    }
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    port: (front.address() as AddressInfo).port,
    broken: () => broken,
    close() {
      for (const socket of sockets) socket.destroy();
      front.close();
      server.close();
    },
  };
}

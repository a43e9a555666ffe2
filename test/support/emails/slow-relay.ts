import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A unix socket in front of another one. */
export interface SlowRelay {
  /** As the setting REDIS_URL takes it; of a port, host and port. */
  url: string;
  close(): Promise<void>;
}

/** Opens a unix socket (or port of loopback) that passes everything to and from the one at `target`, each piece `delayMs` later. */
export async function openSlowRelay<Place extends string | number>(
  path: Place,
  target: Place,
  delayMs: number,
): Promise<SlowRelay> {
  const sockets = new Set<Socket>();
  const pass = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.on('error', () => {}); // an end that goes away is closed below
    from.on('data', (chunk) => setTimeout(() => to.write(chunk), delayMs));
    from.once('close', () => {
      sockets.delete(from);
      setTimeout(() => to.destroy(), delayMs);
    });
  };
  const server = createServer((near) => {
    const far = typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target);
    pass(near, far);
    pass(far, near);
  });
  await once(server.listen(path), 'listening');
  return {
    url: typeof path === 'number' ? `127.0.0.1:${path}` : `unix:${path}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

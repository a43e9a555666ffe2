import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/** Who asks again and again on one connection does so within this, and is told by its answer to open another. */
const IDLE_MS = 1000;
const LOOK_EVERY_MS = 100;

/** Ends a server so that nobody who asks it something notices. */
export interface Drain {
  /**
   * Takes no further connection, and answers what is asked on those there are, saying that each is the last answer. Resolves
   * when all have closed; what lasts longer than the limit is cut.
   */
  close(limitMs: number): Promise<void>;
}

/** Follows a server's connections, so that it can be drained; call it before the server listens. */
export function createDrain(server: Server): Drain {
  const sockets = new Set<Socket>();
  const responses = new Set<ServerResponse>();
  let closing = false;

  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const follow = (_request: unknown, response: ServerResponse): void => {
    if (closing) sayLast(response);
    responses.add(response);
    response.once('close', () => responses.delete(response));
  };
  server.prependListener('request', follow);
  server.prependListener('checkContinue', follow);

  return {
    async close(limitMs) {
      closing = true;
      const closed = new Promise<void>((resolve) => server.once('close', resolve));
      // Not the HTTP server's own: that one cuts at once whoever is between two requests.
      NetServer.prototype.close.call(server);
      for (const response of responses) sayLast(response);
      const closeIdle = () => {
        server.closeIdleConnections();
        for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      };
      const begunAt = performance.now();
      const look = setInterval(() => {
        const passed = performance.now() - begunAt;
        if (passed > limitMs) server.closeAllConnections();
        else if (passed > IDLE_MS) closeIdle();
      }, LOOK_EVERY_MS);
      await closed;
      clearInterval(look);
    },
  };
}

function sayLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

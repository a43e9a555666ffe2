import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Config } from '../../config/platform.ts';
import { type IsProxy, peerAddress } from './address.ts';
import { refuseSlowBody } from './slow-body.ts';

const LOOK_EVERY_MS = 1000;
/** A body is judged by what came of it in so long. */
const WINDOW_MS = 10_000;

/** A connection, what is asked on it, and how much had come when it was last judged. */
interface Connection {
  /** Null where a proxy brings many callers. */
  address: string | null;
  request?: IncomingMessage;
  response?: ServerResponse;
  judgedAt: number;
  bytes: number;
}

export type ConnectionLimits = Pick<Config, 'MAX_CONNECTIONS' | 'MAX_CONNECTIONS_PER_ADDRESS' | 'MIN_BODY_RATE'> & {
  isProxy: IsProxy;
};

/**
 * Holds a server's connections to the limits: so many in all and from each address, and a least rate at which a body
 * comes. Where there is no room the connection gives way that waits longest without a request; one that asks for nothing
 * keeps nobody out.
 */
export function watchConnections(server: Server, limits: ConnectionLimits): void {
  const connections = new Map<Socket, Connection>();
  const count = new Map<string, number>();

  server.on('connection', (socket: Socket) => {
    const address = peerAddress(socket.remoteAddress, limits.isProxy);
    const own = address === null ? 0 : (count.get(address) ?? 0);
    const isOwn = (one: Connection) => one.address === address;
    if (own >= limits.MAX_CONNECTIONS_PER_ADDRESS && !giveWay(connections, isOwn)) return void socket.destroy();
    if (connections.size >= limits.MAX_CONNECTIONS && !giveWay(connections)) return void socket.destroy();
    connections.set(socket, { address, judgedAt: performance.now(), bytes: 0 });
    if (address !== null) count.set(address, (count.get(address) ?? 0) + 1);
    socket.once('close', () => {
      connections.delete(socket);
      if (address === null) return;
      const left = (count.get(address) ?? 1) - 1;
      if (left > 0) count.set(address, left);
      else count.delete(address);
    });
    return undefined;
  });

  const note = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = connections.get(request.socket);
    if (!connection) return;
    connection.request = request;
    connection.response = response;
    connection.judgedAt = performance.now();
    connection.bytes = request.socket.bytesRead;
  };
  server.prependListener('request', note);
  server.prependListener('checkContinue', note);

  const look = setInterval(() => {
    const now = performance.now();
    for (const [socket, connection] of connections) judgeBody(socket, connection, limits.MIN_BODY_RATE, now);
  }, LOOK_EVERY_MS).unref();
  server.once('close', () => clearInterval(look));
}

/**
 * Ends the oldest of such connections on which nothing was ever asked, or else nothing is asked now; false when something
 * is asked on each.
 */
function giveWay(connections: ReadonlyMap<Socket, Connection>, isMeant = (_one: Connection) => true): boolean {
  let resting: Socket | undefined;
  for (const [socket, connection] of connections) {
    if (socket.destroyed || !isMeant(connection)) continue;
    if (!connection.response) {
      socket.destroy();
      return true;
    }
    if (connection.response.writableFinished) resting ??= socket;
  }
  resting?.destroy();
  return resting !== undefined;
}

/** Ends a request whose body comes too slowly. One that we do not read on, for others' sake, is not judged. */
function judgeBody(socket: Socket, connection: Connection, minRate: number, now: number): void {
  const { request, response } = connection;
  const bytes = socket.bytesRead;
  const isAwaited = request && !request.complete && request.readableFlowing !== null && request.readableLength === 0;
  if (!isAwaited || !response || response.writableEnded) {
    connection.judgedAt = now;
    connection.bytes = bytes;
    return;
  }
  if (now - connection.judgedAt < WINDOW_MS) return;
  const isSlow = (bytes - connection.bytes) * 1000 < minRate * (now - connection.judgedAt);
  connection.judgedAt = now;
  connection.bytes = bytes;
  if (isSlow) refuseSlowBody(request, response, { minRate, seconds: WINDOW_MS / 1000 });
}

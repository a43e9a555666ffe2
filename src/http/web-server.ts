import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type ConnectionLimits, watchConnections } from './connections/watch-connections.ts';

/** A connection's first head, and each further one, must be there within this; a body comes by its least rate. */
const HEADERS_MS = 10_000;
const WHOLE_REQUEST_MS = 30 * 60_000;
const KEEP_ALIVE_MS = 65_000;
/** How often Node looks whose time is over. */
const LOOK_EVERY_MS = 1000;

/** Makes the server of the web process; it does not listen yet. */
export function createWebServer(app: RequestListener, limits: ConnectionLimits): Server {
  const times = {
    headersTimeout: HEADERS_MS,
    requestTimeout: WHOLE_REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: LOOK_EVERY_MS,
  };
  const server = createServer(times, app).on('checkContinue', (req, res) => {
    continueWhenRead(req, res);
    app(req, res);
  });
  watchConnections(server, limits);
  return server;
}

/**
 * Says `100 Continue` when somebody begins to read the body: key, type and length are judged before (RFC 9110, 10.1.1),
 * and who is refused gets the answer in its place.
 */
function continueWhenRead(req: IncomingMessage, res: ServerResponse): void {
  const read = req._read.bind(req);
  req._read = (size) => {
    req._read = read;
    if (!res.headersSent) res.writeContinue();
    read(size);
  };
}

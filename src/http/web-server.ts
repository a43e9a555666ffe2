import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';

/** A request's headers must be there within this; its body may take as long as a slow upload takes. */
const HEADERS_MS = 15_000;
const WHOLE_REQUEST_MS = 30 * 60_000;
const KEEP_ALIVE_MS = 65_000;

/** Makes the server of the web process; it does not listen yet. */
export function createWebServer(app: RequestListener): Server {
  const limits = { headersTimeout: HEADERS_MS, requestTimeout: WHOLE_REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS };
  return createServer(limits, app).on('checkContinue', (req, res) => {
    continueWhenRead(req, res);
    app(req, res);
  });
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

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** A request as the server got it. */
export interface SinkRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** The body as it came. */
  content: Buffer;
  /** The name the client gave in the TLS handshake. */
  servername: string | undefined;
}

/** What the server does with a request once it has all of it. */
export type Script = (res: ServerResponse, request: SinkRequest) => void;

/** An HTTP server for tests. */
export interface HttpSink {
  port: number;
  url: string;
  /** Requests that came as a whole, oldest first. */
  requests: SinkRequest[];
  /** Connections ever made. */
  connections: number;
  /** Connections that are open. */
  open: number;
  /** What it does with the next requests; may be changed at any time. */
  script: Script;
  close(): Promise<void>;
}

export interface SinkOptions {
  address?: string;
  port?: number;
  tls?: { key: string; cert: string };
}

/** The sinks that a file of tests opens. */
export interface Sinks {
  open(script?: Script, options?: SinkOptions): Promise<HttpSink>;
  /** Closes all of them. */
  close(): Promise<void>;
}

/** Opens sinks that are closed together; `usual` is what they answer unless told otherwise. */
export function createSinks(usual: Script = answer(200)): Sinks {
  let opened: HttpSink[] = [];
  return {
    async open(script = usual, options = {}) {
      const sink = await openHttpSink(script, options);
      opened.push(sink);
      return sink;
    },
    async close() {
      const all = opened;
      opened = [];
      for (const sink of all) await sink.close();
    },
  };
}

/** Opens a real HTTP server on loopback that answers as scripted. */
export async function openHttpSink(script: Script = answer(200), options: SinkOptions = {}): Promise<HttpSink> {
  const { address = '127.0.0.1', port = 0, tls } = options;
  const server = tls ? createTlsServer(tls) : createServer();
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sink.connections += 1;
    sockets.add(socket);
    socket.on('error', () => {}); // a client that hangs up is part of the tests
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url = '', headers } = req;
    const servername = (req.socket as Partial<TLSSocket>).servername || undefined;
    const content = Buffer.concat(chunks);
    const request = { method, path: url, headers, body: content.toString(), content, servername };
    sink.requests.push(request);
    sink.script(res, request);
  });
  server.listen(port, address);
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  const host = address.includes(':') ? `[${address}]` : address;

  const sink: HttpSink = {
    port: bound,
    url: `${tls ? 'https' : 'http'}://${host}:${bound}`,
    requests: [],
    connections: 0,
    get open() {
      return sockets.size;
    },
    script,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return sink;
}

/** A whole answer. */
export const answer =
  (status: number, headers: Record<string, string> = {}, body = ''): Script =>
  (res) => {
    res.statusCode = status;
    res.setHeaders(new Map(Object.entries(headers))).end(body);
  };

/** Takes the request and never answers. */
export const hang: Script = () => {};

/** Hangs up in place of an answer. */
export const hangUp: Script = (res) => res.socket?.destroy();

/** Headers and some of the body, then nothing more. */
export const stall: Script = (res) => {
  res.writeHead(200, { 'content-type': 'text/plain' });
  res.write('first');
};

/** Sends up to that many bytes without saying how many, as fast as they are taken. */
export const flood =
  (bytes: number): Script =>
  (res) => {
    const chunk = Buffer.alloc(64 * 1024);
    let sent = 0;
    const more = () => {
      while (sent < bytes && !res.destroyed) {
        sent += chunk.length;
        if (!res.write(chunk)) return void res.once('drain', more);
      }
      res.end();
    };
    more();
  };

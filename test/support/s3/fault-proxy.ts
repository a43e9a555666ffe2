import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a server does instead of what it should. */
export interface S3Fault {
  /** It waits so long before each answer. */
  delayMs?: number;
  /** It answers each request so. */
  status?: number;
  /** It breaks a content off in its middle. */
  tears?: boolean;
  /** It changes a byte in the middle of a content. */
  damages?: boolean;
  /** It does what it is asked, and the connection breaks before its answer. */
  losesAnswers?: boolean;
}

/** A proxy before an S3 server, which behaves badly when it is told to. */
export interface FaultProxy {
  /** Without a slash at its end. */
  url: string;
  fault: S3Fault;
  /** Only requests that it says yes to are hit. */
  hits: (method: string, path: string) => boolean;
  /** What was asked, as method and path. */
  seen: string[];
  /** The headers of the last request of each method. */
  headers: Record<string, IncomingMessage['headers']>;
  close(): Promise<void>;
}

/** Starts one before the server at that address. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const to = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const server = createServer((req, res) => {
    const { method = '', url = '' } = req;
    proxy.seen.push(`${method} ${url}`);
    proxy.headers[method] = req.headers;
    const fault = proxy.hits(method, url) ? proxy.fault : {};
    void pass(req, res, fault).catch(() => res.destroy());
  });

  async function pass(req: IncomingMessage, res: ServerResponse, fault: S3Fault): Promise<void> {
    const { method = '', url = '', headers } = req;
    if (fault.delayMs) await delay(fault.delayMs);
    if (fault.status !== undefined) {
      req.resume();
      const code = fault.status === 507 ? 'InsufficientStorage' : 'ServiceUnavailable';
      res.writeHead(fault.status, { 'content-type': 'application/xml' });
      res.end(method === 'HEAD' ? undefined : `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
      return;
    }
    const passed = request({ host: to.hostname, port: to.port, method, path: url, headers, agent });
    req.pipe(passed);
    res.on('close', () => passed.destroy());
    const [answer] = (await once(passed, 'response')) as [IncomingMessage];
    const body: Buffer[] = [];
    if (!fault.tears && !fault.damages && !fault.losesAnswers) {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
      return;
    }
    for await (const chunk of answer) body.push(chunk as Buffer);
    if (fault.losesAnswers) return void res.destroy();
    const content = Buffer.concat(body);
    const middle = content.length >> 1;
    if (fault.damages && content.length > 0) content[middle] = (content[middle] ?? 0) ^ 1;
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    if (!fault.tears) return void res.end(content);
    res.write(content.subarray(0, middle), () => res.destroy());
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: {},
    hits: () => true,
    seen: [],
    headers: {},
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

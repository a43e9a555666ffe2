import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that has a product below a path, beside others that have the rest of the host. */
export interface PathProxy {
  /** The address with the path, without a slash at its end. */
  url: string;
  /** Where requests go; set when the product is there. */
  target: string;
  /** Whether the path is taken off before a request is passed on. */
  takesOff: boolean;
  /** Requests that left the path, as method and path. */
  outside: string[];
  close(): Promise<void>;
}

/** Starts one on a free port; what is not below `path` is answered with 404 and noted. */
export async function startPathProxy(path: string): Promise<PathProxy> {
  const server = createServer((req, res) => {
    const { method = '', url = '' } = req;
    if (!url.startsWith(`${path}/`)) {
      proxy.outside.push(`${method} ${url}`);
      res.writeHead(404).end('Another application.');
      return;
    }
    const to = new URL(proxy.target);
    const passed = request({
      host: to.hostname,
      port: to.port,
      method,
      path: proxy.takesOff ? url.slice(path.length) : url,
      headers: { ...req.headers, connection: 'close' },
    });
    passed.on('response', (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    passed.on('error', () => res.destroy());
    res.on('close', () => passed.destroy());
    req.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: PathProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    target: '',
    takesOff: false,
    outside: [],
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

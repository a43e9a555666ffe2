import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before a product and hangs up in place of the answer to the first POST. */
export interface ForgetfulProxy {
  url: string;
  /** How many POSTs have come. */
  posts(): number;
  close(): Promise<void>;
}

/** Opens the proxy before the product at `target`. */
export async function openForgetfulProxy(target: string): Promise<ForgetfulProxy> {
  let posts = 0;
  const server = createServer((req, res) => {
    const { method = '', headers } = req;
    if (method === 'POST') posts += 1;
    const forgets = method === 'POST' && posts === 1;
    const passed = request(target + req.url, { method, headers, agent: false }, (given) => {
      if (forgets) return void res.destroy();
      res.writeHead(given.statusCode ?? 0, given.headers);
      return given.pipe(res);
    });
    req.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts: () => posts,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

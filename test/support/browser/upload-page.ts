import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KEYS, type Product } from '../product.ts';

/** An application's page with an upload element, and the application behind it. */
export interface UploadPage {
  /** Its address, of another origin than the product's. */
  url: string;
  origin: string;
  /** The forms that were posted to it, as text. */
  posted: string[];
  /** Fields of the tokens that it asks for from now on. */
  token: Record<string, unknown>;
  /** The tokens it has handed out, the newest last. */
  handedOut: string[];
  /** What stands inside the form. */
  html: string;
  close(): Promise<void>;
}

/** What an application with care sends along: nothing inline, no other host. */
const policyFor = (product: string) =>
  [
    "default-src 'none'",
    `script-src ${product}`,
    `connect-src 'self' ${product}`,
    `img-src blob: ${product}`,
    "form-action 'self'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');

/** Opens a server with a page at another origin than the product's; `/token` answers a fresh token of kari's key. */
export async function openUploadPage(product: Product, html: string): Promise<UploadPage> {
  const heavylift = product.url;
  const server = createServer(async (req, res) => {
    const send = (type: string, body: string) => {
      const headers = { 'Content-Type': type, 'Content-Security-Policy': policyFor(heavylift) };
      res.writeHead(200, headers).end(body);
    };
    if (req.method === 'POST') {
      const parts: Buffer[] = [];
      for await (const part of req) parts.push(part as Buffer);
      page.posted.push(Buffer.concat(parts).toString('latin1'));
      return send('text/html', '<!doctype html><html lang="en"><title>Thanks</title><h1>Thanks</h1>');
    }
    if (req.url === '/token') {
      const answer = await product.request('/v1/upload-tokens', {
        method: 'POST',
        key: KEYS.kari,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ kind: 'images', origins: [page.origin], maxFiles: 50, visitor: 'v1', ...page.token }),
      });
      const { token = '' } = (await answer.json()) as { token?: string };
      page.handedOut.push(token);
      return send('application/json', JSON.stringify({ token }));
    }
    return send('text/html', documentOf(heavylift, page.html));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const page: UploadPage = {
    url: `${origin}/`,
    origin,
    posted: [],
    token: {},
    handedOut: [],
    html,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return page;
}

const documentOf = (heavylift: string, html: string) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>An application</title>
<script type="module" src="${heavylift}/heavylift-upload.js"></script></head>
<body><main><h1>An application</h1><form method="post" enctype="multipart/form-data">${html}
<p><label>Note <input name="note"></label> <button>Order</button></p></form></main></body></html>`;

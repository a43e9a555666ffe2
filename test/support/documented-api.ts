import { expect } from '@jest/globals';
import sharp from 'sharp';
import type { OpenApiDocument } from '../../src/http/openapi/index.ts';
import { KINDS } from '../../workers/index.ts';
import { openSmtpServer, type TestSmtpServer } from './emails/smtp-server.ts';
import { answer, openHttpSink } from './http/http-sink.ts';
import { createOpenApiChecker, type OpenApiChecker } from './openapi-checker.ts';
import { KEYS, type Product, startProduct } from './product.ts';

/** What a request has beside what the document says of its route. */
export interface Asked extends Omit<RequestInit, 'headers'> {
  params?: Record<string, string>;
  query?: string;
  headers?: Record<string, string>;
  /** Kari's unless told otherwise; null: none. */
  key?: string | null;
}

export interface Received {
  status: number;
  headers: Headers;
  body: Record<string, unknown> & { id: string };
}

/** The whole product with a worker of every kind, used through the document it serves. */
export interface DocumentedApi {
  product: Product;
  smtp: TestSmtpServer;
  document: OpenApiDocument;
  checker: OpenApiChecker;
  /** "getJob 200" for every answer that came. */
  seen: Set<string>;
  /** Sends one request as the document has it, and expects the answer to be as documented. */
  call(operationId: string, asked?: Asked): Promise<Received>;
  postJson(operationId: string, body: unknown, asked?: Asked): Promise<Received>;
  close(): Promise<void>;
}

/** A key of the product that may post mails alone. */
export const MAILER = 'key-of-mailer-004';

export async function openDocumentedApi(env: Record<string, string> = {}): Promise<DocumentedApi> {
  const smtp = await openSmtpServer();
  const called = await openHttpSink(answer(200, { 'content-type': 'application/json' }, '{}'));
  const keys = `kari:${KEYS.kari},ola:${KEYS.ola}:images,mailer:${MAILER}:emails,operator:${KEYS.operator}:admin`;
  const product = await startProduct({
    kinds: [KINDS.map(({ contract }) => contract.kind)],
    env: { SMTP_URL: smtp.url, API_KEYS: keys, WEBHOOKS_ALLOW: '127.0.0.1', CALLS_ALLOW: '127.0.0.1', ...env },
  });
  const document = (await (await fetch(`${product.url}/openapi.json`)).json()) as OpenApiDocument;
  const checker = createOpenApiChecker(document);
  const seen = new Set<string>();

  const call: DocumentedApi['call'] = async (operationId, asked = {}) => {
    const { params = {}, query = '', headers = {}, key = KEYS.kari, ...init } = asked;
    const { path, method } = checker.find(operationId);
    const url = product.url + path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? name) + query;
    const credential = key === null ? {} : { Authorization: `Bearer ${key}` };
    const response = await fetch(url, {
      method: method.toUpperCase(),
      ...init,
      headers: { ...credential, ...headers },
    });
    const [status, text] = [response.status, await response.text()];
    const faults = checker.faultsOf(operationId, { status, headers: response.headers, text });
    expect({ operationId, status, faults }).toEqual({ operationId, status, faults: [] });
    seen.add(`${operationId} ${status}`);
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : {} };
  };

  return {
    product,
    smtp,
    document,
    checker,
    seen,
    call,
    postJson: (operationId, body, asked = {}) =>
      call(operationId, {
        ...asked,
        // The API that the example of calls names is one of ours here.
        body: JSON.stringify(body)?.replaceAll('https://api.example.com', called.url),
        headers: { 'Content-Type': 'application/json', ...asked.headers },
      }),
    async close() {
      await product.close();
      await smtp.close();
      await called.close();
    },
  };
}

/** The kind's documented example, as its contract has it. */
export const exampleOf = (kind: string) =>
  KINDS.find(({ contract }) => contract.kind === kind)?.contract.example as Record<string, unknown>;

/** The fields as a form, the file in the place of the words that stand for it in the document. */
export function formOf(fields: Record<string, unknown>, file: Uint8Array): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value === '(the file)') form.set(name, new Blob([new Uint8Array(file)]), 'photo.jpg');
    else form.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  return form;
}

/** A JPEG of noise: as large as a photo of that size. */
export const drawNoise = (width: number, height: number): Promise<Buffer> =>
  sharp({
    create: { width, height, channels: 3, background: '#fff', noise: { type: 'gaussian', mean: 120, sigma: 40 } },
  })
    .jpeg()
    .toBuffer();

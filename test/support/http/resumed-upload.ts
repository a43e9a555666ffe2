import { request as openRequest } from 'node:http';
import { KEYS, type Product } from '../product.ts';

const TUS = { 'Tus-Resumable': '1.0.0' };
const PART = { ...TUS, 'Content-Type': 'application/offset+octet-stream' };

/** An upload in pieces, asked for by hand. */
export interface ResumedUpload {
  path: string;
  /** Sends bytes from there on; what is answered, or null where nothing was. */
  patch(from: number, bytes: Uint8Array): Promise<Response | null>;
  /** Sends some bytes of a request that is to have `length`; the rest comes with `end`, which resolves with its status, or null. */
  open(from: number, length: number, bytes: Uint8Array): { end(rest: Uint8Array): Promise<number | null> };
  /** How many bytes count; null where that could not be asked. */
  offset(): Promise<number | null>;
  /** What is known of it. */
  view(): Promise<Record<string, unknown>>;
}

/** Asks for an upload of that size: the answer. */
export const beginUpload = (product: Product, bytes: number): Promise<Response> =>
  product.request('/v1/uploads', { method: 'POST', headers: { ...TUS, 'Upload-Length': String(bytes) } });

/** Leads to the upload that an answer made. */
export function resumedUpload(product: Product, begun: Response): ResumedUpload {
  const path = begun.headers.get('location') ?? '';
  const partAt = (from: number) => ({ ...PART, 'Upload-Offset': String(from) });
  return {
    path,
    patch: (from, bytes) =>
      product.request(path, { method: 'PATCH', body: new Uint8Array(bytes), headers: partAt(from) }).catch(() => null),
    open(from, length, bytes) {
      const headers = { ...partAt(from), Authorization: `Bearer ${KEYS.kari}`, 'Content-Length': String(length) };
      const sent = openRequest(new URL(path, product.url), { method: 'PATCH', headers });
      const answered = new Promise<number | null>((resolve) => {
        sent.on('response', (res) => {
          res.resume();
          resolve(res.statusCode ?? null);
        });
        sent.on('error', () => resolve(null));
      });
      sent.write(bytes);
      return {
        end(rest) {
          sent.end(rest);
          return answered;
        },
      };
    },
    async offset() {
      const answer = await product.request(path, { method: 'HEAD', headers: TUS });
      return answer.ok ? Number(answer.headers.get('upload-offset')) : null;
    },
    view: async () => (await (await product.request(path)).json()) as Record<string, unknown>,
  };
}

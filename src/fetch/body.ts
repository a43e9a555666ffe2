import { type Readable, Transform } from 'node:stream';
import { AppError } from '../errors.ts';

/** The error for a body over its limit. */
export const tooLarge = (host: string, maxBytes: number): AppError =>
  new AppError('payload_too_large', `The file at ${host} is larger than the limit of ${maxBytes} bytes.`);

/** What a capped body ends with. */
export interface CapOptions {
  host: string;
  maxBytes: number;
  /** Turns a fault of the connection into the error the reader gets. */
  explain: (thrown: unknown) => Error;
  /** Called once when nothing more will be read, at the end or before. */
  onClose: () => void;
}

/** The body with its size counted while it is read: it breaks off with payload_too_large at the limit. */
export function capBody(body: Readable, { host, maxBytes, explain, onClose }: CapOptions): Readable {
  let bytes = 0;
  const capped = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(tooLarge(host, maxBytes));
      else done(null, chunk);
    },
  });
  body.on('error', (thrown) => capped.destroy(explain(thrown)));
  capped.once('close', () => {
    body.destroy();
    onClose();
  });
  // It may break before its reader is there, who then finds it broken.
  capped.on('error', () => {});
  return body.pipe(capped);
}

/** The first bytes of a body as text; what doesn't come within `timeoutMs` is left out, a fault is an early end. */
export async function readStart(body: Readable, maxBytes: number, timeoutMs: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const timer = setTimeout(() => body.destroy(), timeoutMs);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= maxBytes) break;
    }
  } catch {
    // Cut off: what came is what there is.
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString();
}

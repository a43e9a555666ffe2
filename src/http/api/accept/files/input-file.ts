import { Readable } from 'node:stream';
import type { InputFile } from '../../../../jobs/options/options.ts';
import { batchInputKey, uploadKey } from '../../../../storage/keys.ts';
import type { Storage } from '../../../../storage/storage.ts';

/** A larger input lies in storage: Redis keeps its memory for queues. */
const LARGE_INPUT_BYTES = 4096;

/** Whether an input, as JSON, is too large for Redis. */
export const isLargeInput = (text: string): boolean =>
  text.length > LARGE_INPUT_BYTES ||
  (3 * text.length > LARGE_INPUT_BYTES && Buffer.byteLength(text) > LARGE_INPUT_BYTES);

/** Puts a job's input, as JSON, into a file of its own. Rejects as storage does. */
export async function storeInput(
  text: string,
  { id, nonce }: { id: string; nonce: string },
  storage: Pick<Storage, 'put'>,
): Promise<InputFile> {
  const key = uploadKey(id, nonce, 'input.json');
  const { bytes } = await storage.put(key, Readable.from([Buffer.from(text)]));
  return { key, bytes };
}

/**
 * Puts the large ones of a batch's inputs into one file, which its jobs share; answers where each of them lies, null
 * where it is small. Rejects as storage does.
 */
export async function storeInputs(
  texts: readonly string[],
  nonce: string,
  storage: Pick<Storage, 'put'>,
): Promise<(InputFile | null)[]> {
  const key = batchInputKey(nonce);
  const parts: Buffer[] = [];
  let end = 0;
  const places = texts.map((text): InputFile | null => {
    if (!isLargeInput(text)) return null;
    const part = Buffer.from(text);
    const place = { key, bytes: part.length, offset: end };
    // A line each, for people who look into the file.
    parts.push(part, Buffer.from('\n'));
    end += part.length + 1;
    return place;
  });
  if (parts.length > 0) await storage.put(key, Readable.from(parts));
  return places;
}

import { pipeline, type Readable, Transform } from 'node:stream';
import { readStart } from '../../../src/fetch/body.ts';
import type { GuardedFetch, PostAnswer } from '../../../src/fetch/guarded-fetch.ts';
import { createMovingLimit } from '../../../src/fetch/moving-limit.ts';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
import type { DeliveryTarget } from '../../../src/jobs/options/deliver-to.ts';
import { LONGEST_DELIVERY_MS } from '../job.ts';

const MAX_TEXT_BYTES = 2048;
/** The text of an answer is a courtesy: its status has come. */
const TEXT_TIMEOUT_MS = 2000;

/** What is sent, and where. */
export interface Put {
  target: DeliveryTarget;
  file: StoredFile;
  content: Readable;
  /** It is given up when the host takes nothing, or does not answer, for so long. */
  idleMs: number;
}

/**
 * Sends a file by PUT, as long as it is (no transfer coding), and with no header beside the caller's own that a signed
 * address would have to know of. Answers whatever was answered; a redirect is an answer. Rejects as a guarded fetch does, and
 * as the content does.
 */
export async function putFile(
  { target, file, content, idleMs }: Put,
  { open }: Pick<GuardedFetch, 'open'>,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const limit = createMovingLimit({ idleMs, mostMs: LONGEST_DELIVERY_MS }, signal);
  const counted = new Transform({
    transform(chunk, _encoding, done) {
      limit.touch();
      done(null, chunk);
    },
  });
  let broken: Error | undefined;
  content.once('error', (error) => {
    // Not where it is the sending that has ended.
    if (!counted.destroyed) broken = error;
  });
  // Whoever reads it is told what is wrong with it.
  pipeline(content, counted, () => {});
  const named = Object.entries(target.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const headers = {
    'content-type': file.type,
    'user-agent': 'Heavylift',
    ...Object.fromEntries(named),
    'content-length': String(file.bytes),
  };
  try {
    const answer = await open(target.url, { method: 'PUT', headers, body: counted }, limit);
    try {
      const { status, headers: answered, isPublic } = answer;
      return {
        status,
        headers: answered,
        isPublic,
        text: await readStart(answer.body, MAX_TEXT_BYTES, TEXT_TIMEOUT_MS),
      };
    } finally {
      answer.close();
    }
  } catch (error) {
    throw broken ?? error;
  } finally {
    limit.close();
    counted.destroy();
    content.destroy();
  }
}

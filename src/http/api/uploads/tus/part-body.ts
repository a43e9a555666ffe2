import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { AppError } from '../../../../errors.ts';
import { invalidRequest } from '../../../../fields/invalid-request.ts';
import { untilAborted } from '../../../../storage/until-aborted.ts';
import type { Checksum } from './protocol.ts';

/** Nothing more has come where nothing comes for so long; who is still sending is cut off after so long in all. */
const [QUIET_MS, MOST_MORE_MS] = [100, 2000];

/** What a body of bytes that are appended is held to. */
export interface PartRules {
  /** How many bytes are still to come. */
  most: number;
  checksum?: Checksum | undefined;
  /** Ends the body before its time; what was read by then counts. */
  signal: AbortSignal;
  /** Ends it once all that has come is read: of a connection that broke much may lie in buffers still. */
  wanted: AbortSignal;
  /** Sees all bytes. */
  look(chunk: Uint8Array): void;
  /** Judges the first bytes of the file, where they come with this body; throws what it is refused with. */
  head?: { bytes: number; judge(head: Uint8Array): void };
}

/** The bytes of a request that are appended to an upload. */
export interface PartBody {
  /** The bytes, as far as they came: a request that breaks off ends them. */
  content(): AsyncGenerator<Uint8Array>;
  /** Throws unless these bytes count: for a checksum that does not hold, for more than was to come, for a file that is refused. */
  accept(): void;
  /** Why the file as a whole is refused, once it is. */
  refusal(): unknown;
  /** Whether the client has gone away. */
  isBroken(): boolean;
  /** Whether all of it was read. */
  isWhole(): boolean;
}

/** Reads a request's body; it stays open. */
export function readPart(req: Request, { most, checksum, signal, wanted, look, head }: PartRules): PartBody {
  const hash = checksum && createHash(checksum.algorithm);
  let seen: Uint8Array[] = [];
  let bytes = 0;
  let isBroken = false;
  let isWhole = false;
  let isJudged = head === undefined;
  let refusal: unknown;
  const end = endOnceQuiet(signal, wanted);

  const judge = (chunk: Uint8Array) => {
    if (isJudged || !head) return;
    seen.push(Buffer.from(chunk));
    if (bytes < Math.min(head.bytes, most)) return;
    isJudged = true;
    try {
      head.judge(Buffer.concat(seen));
    } catch (error) {
      refusal = error;
    }
    seen = [];
  };

  return {
    async *content() {
      try {
        end.awaits();
        for await (const chunk of untilAborted(req.iterator({ destroyOnReturn: false }), end.signal)) {
          end.came();
          bytes += chunk.length;
          if (bytes > most) return;
          hash?.update(chunk);
          look(chunk);
          judge(chunk);
          yield chunk;
          if (refusal) return;
          end.awaits();
        }
        isWhole = true;
      } catch (error) {
        isBroken = req.destroyed && !req.complete;
        if (!isBroken && !end.signal.aborted) throw error;
      } finally {
        end.clear();
      }
    },
    accept() {
      if (refusal) throw refusal;
      if (bytes > most) throw tooMuch(most);
      if (!hash || !checksum) return;
      if (isBroken || end.signal.aborted) throw brokenOff();
      const digest = hash.digest();
      if (digest.length === checksum.digest.length && timingSafeEqual(digest, checksum.digest)) return;
      throw new AppError(
        'checksum_mismatch',
        'The bytes are not those that Upload-Checksum is of: none of them is kept.',
      );
    },
    refusal: () => refusal,
    isBroken: () => isBroken,
    isWhole: () => isWhole,
  };
}

/** Makes a signal that aborts with one, or, after the other, once some of the body was awaited in vain for a moment. */
function endOnceQuiet(signal: AbortSignal, wanted: AbortSignal) {
  const ended = new AbortController();
  let quiet: NodeJS.Timeout | undefined;
  let most: NodeJS.Timeout | undefined;
  let isAwaited = false;
  const clear = () => {
    isAwaited = false;
    clearTimeout(quiet);
    clearTimeout(most);
    signal.removeEventListener('abort', endNow);
    wanted.removeEventListener('abort', endSoon);
  };
  const endNow = () => ended.abort(signal.reason);
  const giveWay = () => ended.abort(wanted.reason);
  // Where the process itself was busy for so long, what came meanwhile is read before it is looked.
  const look = () => setImmediate(() => isAwaited && giveWay());
  const endSoon = () => {
    most = setTimeout(giveWay, MOST_MORE_MS);
    if (isAwaited) quiet = setTimeout(look, QUIET_MS);
  };
  signal.addEventListener('abort', endNow);
  wanted.addEventListener('abort', endSoon);
  if (signal.aborted) endNow();
  if (wanted.aborted) endSoon();
  return {
    signal: ended.signal,
    came() {
      isAwaited = false;
      clearTimeout(quiet);
    },
    awaits() {
      isAwaited = true;
      if (wanted.aborted) quiet = setTimeout(look, QUIET_MS);
    },
    clear,
  };
}

/** Makes the refusal of more bytes than were to come. */
export const tooMuch = (most: number): AppError =>
  new AppError('payload_too_large', `The body must have at most ${most} bytes: no more are to come by Upload-Length.`, {
    errors: [{ pointer: '', detail: `must have at most ${most} bytes` }],
  });

/** Makes the error of a request whose client went away; nobody hears of it. */
export const brokenOff = (): AppError => invalidRequest([{ pointer: '', detail: 'The upload was broken off' }]);

import type { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { Config } from '../../config/platform.ts';
import { AppError } from '../../errors.ts';
import { createTurns } from '../connections/turns.ts';
import type { DigestAnswer, ThreadRequest } from './digest.ts';
import { createLine } from './line.ts';
import type { ThreadAnswer } from './thread.ts';

/** JSON of more bytes is read and checked in a thread; up to this, parsing and checking take milliseconds. */
export const LOOP_JSON_BYTES = 1_000_000;

/** All bodies that have a place lie in memory. */
const HELD_BYTES = 60_000_000;
const MOST_PLACES = 6;
/** Places of one caller; others of the caller wait, unread. */
const OWN = { own: 2, ownWaiting: 16, mostWaiting: 100 };
/** A body of at most so many bytes is short: many may wait for the thread, in memory. */
export const SHORT_JSON_BYTES = 64_000;
const SHORT = { places: 20, own: 2, ownWaiting: 500, mostWaiting: 2000 };
/** The thread's heap: so much, and so many times the largest body. Shapes that would take more are refused before. */
const HEAP_MB = 128;
const HEAP_TIMES = 12;
/** Much longer than the worst body that is let through takes on a busy machine. */
const DEADLINE_MS = 20_000;
const IDLE_MS = 30_000;

/** Reads and checks large JSON bodies away from the event loop: one at a time, of its callers in turns. */
export interface LargeJson {
  /**
   * Resolves when a large body of the caller may be read, with what gives the place back. Rejects with rate_limited and
   * queue_unavailable where too many wait.
   */
  enter(caller: string, socket: Socket): Promise<() => void>;
  /** The same for a short body that the thread reads for another reason than its size. */
  enterShort(caller: string, socket: Socket): Promise<() => void>;
  /**
   * Digests a body of the caller; its bytes are moved to the thread. Rejects with payload_too_large when it takes more
   * memory or time than there is.
   */
  digest(request: ThreadRequest, caller: string): Promise<DigestAnswer>;
}

/** Makes the reader of large JSON; `entry` is the file of the thread, which is started by the first body. */
export function createLargeJson(entry: URL, config: Config): LargeJson {
  const { JSON_MAX_BYTES } = config;
  const places = Math.max(2, Math.min(MOST_PLACES, Math.floor(HELD_BYTES / JSON_MAX_BYTES)));
  const turns = createTurns({ places, ...OWN }, 'large JSON bodies');
  const shortTurns = createTurns(SHORT, 'requests that fill templates');
  const heapMb = HEAP_MB + Math.ceil((HEAP_TIMES * JSON_MAX_BYTES) / 1_000_000);
  const thread = createThread(() => {
    const limits = { maxOldGenerationSizeMb: heapMb };
    return new Worker(entry, { workerData: config, resourceLimits: limits });
  });
  const takeTurn = createLine();
  return {
    enter: turns.take,
    enterShort: shortTurns.take,
    digest: (request, caller) => takeTurn(caller, () => thread.ask(request)),
  };
}

/** What the thread was asked and has not answered. */
interface Question {
  resolve(answer: DigestAnswer): void;
  reject(error: unknown): void;
  late: NodeJS.Timeout;
}

/** A thread that is started when it is asked, and ended when it is late or had nothing to do for a while. */
function createThread(open: () => Worker) {
  let worker: Worker | undefined;
  let question: Question | undefined;
  let idle: NodeJS.Timeout | undefined;

  const end = (): void => {
    void worker?.terminate();
    worker = undefined;
  };
  const settle = (): Question | undefined => {
    const settled = question;
    question = undefined;
    clearTimeout(settled?.late);
    idle = setTimeout(end, IDLE_MS).unref();
    return settled;
  };
  const fail = (error: unknown): void => {
    end();
    settle()?.reject(error);
  };
  const start = (): Worker => {
    const started = open();
    const isCurrent = () => worker === started;
    started.on('message', (said: ThreadAnswer) => {
      if (!isCurrent()) return;
      if ('answer' in said) settle()?.resolve(said.answer);
      else settle()?.reject(new Error(`large JSON: ${said.failure}`));
    });
    started.on('error', (error: NodeJS.ErrnoException) => {
      if (isCurrent()) fail(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch('memory', error) : error);
    });
    started.on('exit', () => {
      if (isCurrent()) fail(new Error('the thread for large JSON ended'));
    });
    started.unref();
    return started;
  };

  return {
    /** Asks the thread; nothing else may be asked before it has answered. */
    ask(request: ThreadRequest): Promise<DigestAnswer> {
      clearTimeout(idle);
      worker ??= start();
      const { promise, resolve, reject } = Promise.withResolvers<DigestAnswer>();
      const late = setTimeout(() => fail(tooMuch(`time (${DEADLINE_MS / 1000} s)`)), DEADLINE_MS);
      question = { resolve, reject, late };
      worker.postMessage(request, transferable(request.json));
      return promise;
    },
  };
}

/** The bytes go to the thread without a copy, unless they are a part of what others read too. */
const transferable = ({ buffer, byteLength }: Uint8Array): ArrayBuffer[] =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];

const tooMuch = (what: string, cause?: unknown): AppError =>
  new AppError('payload_too_large', `Reading the JSON took too much ${what}. Send less of it.`, { cause });

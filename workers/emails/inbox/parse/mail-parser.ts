import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../../../src/errors.ts';
import type { MailReport } from '../../returns/report/mail-report.ts';
import type { OpenedAttachment, ParseAnswer, ParsedMail, ParseQuestion } from './parsed-mail.ts';

/** Much longer than the largest mail takes on a busy machine. */
const DEADLINE_MS = 20_000;
const IDLE_MS = 30_000;
const HEAP_MB = 256;
/** After a mail of more bytes the thread is ended at once: it holds a multiple of them. */
const LARGE_BYTES = 5_000_000;

/** Gives the source of a mail when it is its turn to be read: one lies in memory at a time. */
export type ReadSource = () => Promise<Uint8Array>;

/**
 * Reads mails away from the event loop, one at a time. The methods reject as `read` does, and with payload_too_large when
 * a mail can't be read, or not within the time and memory there is.
 */
export interface MailParser {
  parse(read: ReadSource): Promise<ParsedMail>;
  /** The mail's HTML for a frame; null for a mail without. */
  frame(read: ReadSource): Promise<string | null>;
  /** What the mail reports of another one. */
  report(read: ReadSource): Promise<MailReport>;
  /** One of the mail's files, by its number; null when there is none of that number. */
  open(read: ReadSource, number: number): Promise<OpenedAttachment | null>;
}

/** How long a mail may take to be read, once its thread runs, and how many may wait for their turn. */
export interface ParserLimits {
  deadlineMs?: number;
  maxWaiting?: number;
}

/**
 * Makes the parser; its thread is started by the first mail, and ended when it is late or has had nothing to do. Where too
 * many wait, its methods reject with queue_full.
 */
export function createMailParser({ deadlineMs = DEADLINE_MS, maxWaiting = Infinity }: ParserLimits = {}): MailParser {
  let waiting = 0;
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let previous: Promise<unknown> = Promise.resolve();

  const start = async (): Promise<Worker> => {
    const started = await startThread((ended) => {
      if (worker === ended) worker = undefined;
    });
    worker = started;
    return started;
  };
  const end = (): void => {
    void worker?.terminate();
    worker = undefined;
  };
  const ask = async (question: ParseQuestion): Promise<ParseAnswer> => {
    clearTimeout(idle);
    const thread = worker ?? (await start());
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooMuch(`time (the limit is ${deadlineMs / 1000} s)`)), deadlineMs);
    const isOver = new AbortController();
    const isLarge = question.source.length > LARGE_BYTES;
    try {
      const { signal } = isOver;
      const ended = once(thread, 'exit', { signal }).then(() => Promise.reject(new Error('the parsing thread ended')));
      const heard = once(thread, 'message', { signal }).then(([said]) => said as ParseAnswer);
      const lateness = once(late.signal, 'abort', { signal }).then(() => Promise.reject(late.signal.reason));
      thread.postMessage(question, transferable(question.source));
      return await Promise.race([heard, ended, lateness]);
    } catch (error) {
      end();
      throw (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch('memory', error) : error;
    } finally {
      clearTimeout(timer);
      isOver.abort();
      if (isLarge) end();
      else idle = setTimeout(end, IDLE_MS).unref();
    }
  };
  const free = () => {
    waiting -= 1;
  };
  const inTurn = (read: ReadSource, want: Want): Promise<ParseAnswer> => {
    if (waiting >= maxWaiting) return Promise.reject(tooMany());
    waiting += 1;
    const answered = previous.then(async () => {
      const said = await ask({ source: await read(), ...want });
      if ('refused' in said) throw new AppError('payload_too_large', said.refused);
      if ('fault' in said) throw new Error(`the parsing thread: ${said.fault}`);
      return said;
    });
    previous = answered.then(free, free);
    return answered;
  };

  const pick = async <Name extends AnswerName>(read: ReadSource, want: Want, name: Name): Promise<Part<Name>> => {
    const said = await inTurn(read, want);
    if (!(name in said)) throw new Error('the parsing thread answered something else');
    return (said as unknown as Record<Name, Part<Name>>)[name];
  };

  return {
    parse: (read) => pick(read, { want: 'mail' }, 'mail'),
    frame: (read) => pick(read, { want: 'frame' }, 'frame'),
    report: (read) => pick(read, { want: 'report' }, 'report'),
    open: (read, number) => pick(read, { want: 'file', number }, 'file'),
  };
}

/** Starts a thread and waits until it can take its first question. */
async function startThread(forget: (thread: Worker) => void): Promise<Worker> {
  const thread = new Worker(new URL('./parse-thread.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  const gone = () => forget(thread);
  // Without a listener an error of an idle thread would end the process.
  thread.on('error', gone).on('exit', gone);
  const isOver = new AbortController();
  const { signal } = isOver;
  const ended = once(thread, 'exit', { signal }).then(() => Promise.reject(new Error('the parsing thread ended')));
  await Promise.race([once(thread, 'message', { signal }), ended]).finally(() => isOver.abort());
  thread.unref();
  return thread;
}

type AnswerName = 'mail' | 'frame' | 'report' | 'file';
type Part<Name extends AnswerName> = Extract<ParseAnswer, Record<Name, unknown>>[Name];

/** The source goes to the thread without a copy, unless it is a part of what others read too. */
const transferable = ({ buffer, byteLength }: Uint8Array): ArrayBuffer[] =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];

type Want = ParseQuestion extends infer Each ? (Each extends ParseQuestion ? Omit<Each, 'source'> : never) : never;

const tooMany = (): AppError =>
  new AppError('queue_full', 'Too many mails wait to be read. Send it again later.', { retryAfterSeconds: 10 });

const tooMuch = (what: string, cause?: unknown): AppError =>
  new AppError('payload_too_large', `Reading the mail took too much ${what}.`, {
    cause,
  });

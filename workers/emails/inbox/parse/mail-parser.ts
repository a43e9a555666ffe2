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

/** Makes the parser; its thread is started by the first mail, and ended when it is late or has had nothing to do. */
export function createMailParser(deadlineMs = DEADLINE_MS): MailParser {
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let previous: Promise<unknown> = Promise.resolve();

  const start = (): Worker => {
    const started = new Worker(new URL('./parse-thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    const forget = () => {
      if (worker === started) worker = undefined;
    };
    // Without a listener an error of an idle thread would end the process.
    started.on('error', forget).on('exit', forget).unref();
    return started;
  };
  const end = (): void => {
    void worker?.terminate();
    worker = undefined;
  };
  const ask = async (question: ParseQuestion): Promise<ParseAnswer> => {
    clearTimeout(idle);
    worker ??= start();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooMuch(`time (the limit is ${deadlineMs / 1000} s)`)), deadlineMs);
    const isOver = new AbortController();
    const isLarge = question.source.length > LARGE_BYTES;
    try {
      const { signal } = isOver;
      const ended = once(worker, 'exit', { signal }).then(() => Promise.reject(new Error('the parsing thread ended')));
      const heard = once(worker, 'message', { signal }).then(([said]) => said as ParseAnswer);
      const lateness = once(late.signal, 'abort', { signal }).then(() => Promise.reject(late.signal.reason));
      worker.postMessage(question, transferable(question.source));
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
  const inTurn = (read: ReadSource, want: Want): Promise<ParseAnswer> => {
    const answered = previous.then(async () => {
      const said = await ask({ source: await read(), ...want });
      if ('refused' in said) throw new AppError('payload_too_large', said.refused);
      if ('fault' in said) throw new Error(`the parsing thread: ${said.fault}`);
      return said;
    });
    previous = answered.catch(() => {});
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

type AnswerName = 'mail' | 'frame' | 'report' | 'file';
type Part<Name extends AnswerName> = Extract<ParseAnswer, Record<Name, unknown>>[Name];

/** The source goes to the thread without a copy, unless it is a part of what others read too. */
const transferable = ({ buffer, byteLength }: Uint8Array): ArrayBuffer[] =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];

type Want = ParseQuestion extends infer Each ? (Each extends ParseQuestion ? Omit<Each, 'source'> : never) : never;

const tooMuch = (what: string, cause?: unknown): AppError =>
  new AppError('payload_too_large', `Reading the mail took too much ${what}.`, {
    cause,
  });

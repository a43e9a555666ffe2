import { Piscina } from 'piscina';
import { AppError } from '../../../src/errors.ts';
import type { ContentAnswer } from './content-thread.ts';
import { type ContentSource, isPlain, type MailContent } from './render-content.ts';

/** Content whose rendering takes longer is refused; its thread is ended. */
const RENDER_TIMEOUT_MS = 5000;
const MEMORY_MB = 128;
/** A thread that is idle for so long is ended: most deployments send few mails an hour. */
const IDLE_MS = 30_000;

/** Makes the contents of mails, off the worker's event loop. */
export interface ContentPool {
  /** Rejects with template_failed when the content can't be made, and with the signal's reason when it aborts. */
  render(source: ContentSource, signal: AbortSignal): Promise<MailContent>;
  close(): Promise<void>;
}

/** Opens the pool; a thread is started by the first mail that has something to render. */
export function openContentPool(renderTimeoutMs = RENDER_TIMEOUT_MS): ContentPool {
  let pool: Piscina<ContentSource, ContentAnswer> | undefined;
  const start = () => {
    const started = new Piscina<ContentSource, ContentAnswer>({
      filename: new URL('./content-thread.ts', import.meta.url).href,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: IDLE_MS,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    // A thread that dies while idle is replaced by the pool; without a listener its error would end the process.
    started.on('error', () => {});
    return started;
  };

  /** Resolves when the mails before are done with the thread: a mail's time limit starts with its own rendering. */
  let previous = Promise.resolve();
  const oneAtATime = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    const before = previous;
    const done = Promise.withResolvers<void>();
    previous = done.promise;
    try {
      await Promise.race([before, rejectWhenAborted(signal)]);
      return await work();
    } finally {
      void before.then(done.resolve);
    }
  };

  const make = async (source: ContentSource, signal: AbortSignal): Promise<MailContent> => {
    pool ??= start();
    const late = AbortSignal.timeout(renderTimeoutMs);
    try {
      const answer = await pool.run(source, { signal: AbortSignal.any([signal, late]) });
      if ('content' in answer) return answer.content;
      throw new AppError('template_failed', answer.refused);
    } catch (error) {
      signal.throwIfAborted();
      const tooMuch = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
      if (!late.aborted && !tooMuch) throw error;
      const what = tooMuch ? 'memory' : `time (${renderTimeoutMs / 1000} s)`;
      throw new AppError('template_failed', `Making the mail's content took too much ${what}. Send less of it.`, {
        cause: error,
      });
    }
  };

  return {
    async render(source, signal) {
      const { subject = '', text, html } = source;
      if (isPlain(source)) return { subject, text: text || undefined, html: html || undefined };
      return oneAtATime(signal, () => make(source, signal));
    },
    close: async () => pool?.destroy(),
  };
}

const rejectWhenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });

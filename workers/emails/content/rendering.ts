import { Worker } from 'node:worker_threads';
import { AppError } from '../../../src/errors.ts';
import type { ThreadMessage } from './content-thread.ts';
import type { ContentSource, MailContent } from './render-content.ts';

const MEMORY_MB = 128;
/** A thread that is idle for so long is ended: most deployments send few mails an hour. */
const IDLE_MS = 30_000;

/** A thread that makes the content of one mail at a time; it is started when it is first needed. */
export interface RenderingThread {
  /**
   * Rejects with template_failed when the content can't be made, takes more than its time or more memory than there is,
   * and with the signal's reason when it aborts; a thread that is still busy then is ended.
   */
  render(source: ContentSource, signal: AbortSignal): Promise<MailContent>;
  close(): Promise<void>;
}

const tooMuch = (what: string, cause?: unknown): AppError =>
  new AppError('template_failed', `Making the mail's content took too much ${what}. Send less of it.`, { cause });

/** What an ended thread means for the mail that was in it. */
const explain = (cause: unknown): unknown =>
  (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? tooMuch(`memory (the limit is ${MEMORY_MB} MB)`, cause)
    : cause;

/** Opens a thread that may spend `limitMs` on each mail; the time in which it starts does not count. */
export function openRenderingThread(limitMs: number): RenderingThread {
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;

  const start = (): Worker => {
    const started = new Worker(new URL('./content-thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    started.unref();
    const forget = () => {
      if (worker === started) worker = undefined;
    };
    // A thread may die while it is idle, too; without a listener its error would end the process.
    started.on('error', forget).on('exit', forget);
    return started;
  };
  const end = async () => {
    const ended = worker;
    worker = undefined;
    await ended?.terminate();
  };
  /** Resolves with the thread's next message. */
  const listen = (thread: Worker, signal: AbortSignal): Promise<ThreadMessage> => {
    const heard = Promise.withResolvers<ThreadMessage>();
    const onAbort = () => heard.reject(signal.reason);
    const onError = (error: unknown) => heard.reject(explain(error));
    const onExit = () => heard.reject(new Error('the thread that makes contents has ended'));
    thread.once('message', heard.resolve).once('error', onError).once('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    return heard.promise.finally(() => {
      thread.off('message', heard.resolve).off('error', onError).off('exit', onExit);
      signal.removeEventListener('abort', onAbort);
    });
  };
  const ask = async (source: ContentSource, signal: AbortSignal): Promise<ThreadMessage> => {
    if (!worker) {
      worker = start();
      await listen(worker, signal);
    }
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooMuch(`time (the limit is ${limitMs / 1000} s)`)), limitMs);
    try {
      const heard = listen(worker, AbortSignal.any([signal, late.signal]));
      worker.postMessage(source);
      return await heard;
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    async render(source, signal) {
      signal.throwIfAborted();
      clearTimeout(idle);
      let answer: ThreadMessage;
      try {
        answer = await ask(source, signal);
      } catch (error) {
        await end();
        throw error;
      }
      idle = setTimeout(() => void end(), IDLE_MS);
      idle.unref();
      if ('content' in answer) return answer.content;
      if ('refused' in answer && answer.isSpent) await end();
      if ('refused' in answer) throw new AppError('template_failed', answer.refused);
      throw 'fault' in answer ? answer.fault : new Error('the thread that makes contents said something else');
    },
    close: () => {
      clearTimeout(idle);
      return end();
    },
  };
}

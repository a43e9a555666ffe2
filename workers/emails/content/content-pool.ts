import { AppError } from '../../../src/errors.ts';
import { type ContentSource, isPlain, type MailContent } from './render-content.ts';
import { openRenderingThread } from './rendering.ts';
import { createTurns } from './turns.ts';

/** With two, a caller whose mails take long leaves one to the others: nobody has both. */
const THREADS = 2;
/**
 * So long a mail waits for a thread in its place in the worker. Then it makes room for the mails of others, and comes
 * back within some seconds.
 */
const PATIENCE_MS = 1000;
const COME_BACK_SECONDS = { least: 1, most: 4 };

/** Makes the contents of mails, off the worker's event loop. */
export interface ContentPool {
  /**
   * Rejects with template_failed when the content can't be made within the limits, with mail_snoozed when other mails
   * of the caller keep it waiting, and with the signal's reason when it aborts.
   */
  render(source: ContentSource, caller: string, signal: AbortSignal): Promise<MailContent>;
  close(): Promise<void>;
}

function comeBackLater(): AppError {
  const { least, most } = COME_BACK_SECONDS;
  return new AppError('mail_snoozed', 'The mail waits until mails of the same caller before it are made.', {
    waitingOn: 'slot',
    // Spread, so that those that gave way do not all come back at once.
    retryAfterSeconds: least + Math.random() * (most - least),
  });
}

/** Opens the pool; a thread is started by the first mail that has something to render, and may take `limitMs` a mail. */
export function openContentPool(limitMs: number, patienceMs = PATIENCE_MS): ContentPool {
  const threads = Array.from({ length: THREADS }, () => openRenderingThread(limitMs));
  const turns = createTurns(threads);
  return {
    async render(source, caller, signal) {
      const { subject = '', text, html } = source;
      if (isPlain(source)) return { subject, text: text || undefined, html: html || undefined };
      const thread = await turns.take(caller, patienceMs, signal);
      if (!thread) throw comeBackLater();
      try {
        return await thread.render(source, signal);
      } finally {
        turns.release(caller, thread);
      }
    },
    close: async () => void (await Promise.all(threads.map((thread) => thread.close()))),
  };
}

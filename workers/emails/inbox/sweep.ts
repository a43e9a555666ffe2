import type { Log } from '../../../src/log.ts';
import type { Inbox } from './inbox.ts';

/** The age of mails is looked at so often when none comes. */
const EVERY_MS = 60_000;

/** Keeps the inbox within its limits: looks a moment after a mail came, and now and then; `check` is called every second. */
export function createInboxSweep(inbox: Inbox, log: Log): { inbox: Pick<Inbox, 'add'>; check: () => Promise<void> } {
  let isDue = true;
  let sweptAt = 0;
  return {
    inbox: {
      async add(...mail) {
        const added = await inbox.add(...mail);
        isDue = true;
        return added;
      },
    },
    async check() {
      if (!isDue && performance.now() - sweptAt < EVERY_MS) return;
      isDue = false;
      sweptAt = performance.now();
      await inbox.sweep().catch((err) => log.warn({ err }, 'the inbox was not swept; it is again within a minute'));
    },
  };
}

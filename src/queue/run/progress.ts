import type { Progress } from '../../jobs/progress.ts';

/** A run's progress is written at most this often. */
const WRITE_EVERY_MS = 250;

/**
 * Throttles progress: the first report is written at once, later ones at most four times a second, the newest wins.
 * `stop` drops what is not yet written and waits for a write under way, so that none lands after the job has ended.
 */
export function createProgressWriter(write: (progress: Progress) => Promise<unknown>) {
  let newest: Progress | null = null;
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<unknown> = Promise.resolve();
  let stopped = false;

  const flush = () => {
    timer = null;
    if (!newest || stopped) return;
    // Progress is advice: a write that fails is made good by the next.
    writing = write(newest).catch(() => {});
    newest = null;
    timer = setTimeout(flush, WRITE_EVERY_MS);
  };

  return {
    report(progress: Progress): void {
      if (stopped) return;
      // 0 of 0 is NaN, which JSON would make null.
      const percent = Math.round(progress.percent) || 0;
      newest = { ...progress, percent: Math.max(0, Math.min(100, percent)) };
      if (!timer) flush();
    },
    async stop(): Promise<void> {
      stopped = true;
      if (timer) clearTimeout(timer);
      await writing;
    },
  };
}

import type { AppError } from '../../../src/errors.ts';
import type { Dependency } from '../../../src/jobs/processor.ts';
import type { Breaker } from './breaker.ts';

/** What is known of the relay: over all hosts whether it may be tried, and in this process how it was last seen. */
export interface RelayHealth {
  /** Asks for a job whether the relay may be tried; resolves with the milliseconds to wait, 0 for now. */
  enter(jobId: string): Promise<number>;
  /** Notes that the relay works: it took a mail's envelope, or answered for each of its recipients. */
  succeed(): Promise<void>;
  /** Notes that the relay failed; resolves with how long (ms) no mail tries it now, 0 if mails go on. */
  fail(jobId: string, error: AppError): Promise<number>;
  /** Notes what a look at the relay outside any job found; null for nothing wrong. */
  observe(error: AppError | null): void;
  /** The relay as it was last seen by this process; null before the first time. */
  lastSeen(): Dependency | null;
}

export function createRelayHealth(breaker: Breaker): RelayHealth {
  let seen: Dependency | null = null;
  const observe = (error: AppError | null) => {
    seen = {
      name: 'mail relay',
      ok: error === null,
      detail: error?.message ?? 'The mail relay takes mail.',
      seenAt: new Date().toISOString(),
    };
  };
  return {
    enter: breaker.enter,
    async succeed() {
      observe(null);
      await breaker.succeed();
    },
    async fail(jobId, error) {
      observe(error);
      return breaker.fail(jobId);
    },
    observe,
    lastSeen: () => seen,
  };
}

import { randomUUID } from 'node:crypto';
import { AppError } from '../../../src/errors.ts';
import type { JobFields } from '../../../src/jobs/job-fields.ts';
import type { RunningJob } from '../../../src/jobs/processor.ts';

/** An attempt whose outcome is not written down: the API may have read its request. */
export interface Flight {
  /** Tells the attempt from that of another run, so that no other run ends it. */
  token: string;
  /** RFC 3339. */
  at: string;
  /** Which sending it is, from 1; 0 where another deployment may have made it. */
  sending: number;
  /** How often the job had been run again by hand. */
  retries: number;
}

/** What is written down of a call: how often it was sent, and an attempt that has no outcome. */
export interface CallLedger {
  /** The attempt of an earlier run without an outcome, since the job was last run again by hand; null for none. */
  inDoubt: Flight | null;
  /**
   * Enters an attempt; resolves with its number when that is on disk. Rejects with `cancelled` when the job was
   * cancelled or erased, and with `interrupted` when another run has the call.
   */
  claim(): Promise<number>;
  /** Ends the claimed attempt: what became of it is known. Does nothing when another run has the call by now. */
  settle(): Promise<void>;
}

/** Fields of the job. */
const FLIGHT = 'flight';
const SENT = 'sent';

/** The fields of a call that another deployment may have made since that moment: as an attempt without an outcome. */
export const fieldsInDoubt = (since: string): Record<string, string> => ({
  [FLIGHT]: JSON.stringify({ token: randomUUID(), at: since, sending: 0, retries: 0 } satisfies Flight),
});

/** Opens a job's ledger: no run sends anything that has not read what the run before it wrote. */
export async function openLedger(
  fields: JobFields,
  { id, retries = 0 }: Pick<RunningJob<unknown>, 'id' | 'retries'>,
): Promise<CallLedger> {
  const [storedFlight = null, sentBefore = null] = await fields.read(id, [FLIGHT, SENT]);
  let stored = storedFlight;
  const flight = stored ? (JSON.parse(stored) as Flight) : null;
  return {
    // Who runs it again by hand has seen that it may have been done.
    inDoubt: flight && flight.retries >= retries ? flight : null,
    async claim() {
      const sending = Number(sentBefore ?? 0) + 1;
      const next = JSON.stringify({
        token: randomUUID(),
        at: new Date().toISOString(),
        sending,
        retries,
      } satisfies Flight);
      const outcome = await fields.change(id, {
        expected: { [FLIGHT]: stored, [SENT]: sentBefore },
        set: { [FLIGHT]: next, [SENT]: String(sending) },
        unlessCancelled: true,
        beforeEffect: true,
      });
      if (outcome === 'changed') throw new AppError('interrupted', 'Another run of the job has the call.');
      if (outcome !== 'done') throw new AppError('cancelled', 'The job was cancelled.');
      stored = next;
      return sending;
    },
    async settle() {
      await fields.change(id, { expected: { [FLIGHT]: stored }, set: { [FLIGHT]: null } });
    },
  };
}

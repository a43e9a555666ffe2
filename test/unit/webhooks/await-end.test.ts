import { expect, it } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import type { FinishedJob } from '../../../src/jobs/processor.ts';
import { awaitEnd } from '../../../workers/webhooks/await-end.ts';
import { webhooks } from '../../../workers/webhooks/job.ts';

const END = { createdAt: 1_795_420_800_000, retries: 1 };
const input = webhooks.input.parse({ ...webhooks.example, end: END });

/** What a webhook does by the state of the job that it tells of; `ageMs` is how long it has been queued. */
async function look(found: Partial<FinishedJob>, ageMs = 0, given = input) {
  const jobs = { find: async (id: string) => ({ id, files: [], state: 'completed' as const, ...END, ...found }) };
  try {
    await awaitEnd(given, new Date(Date.now() - ageMs), { jobs });
    return 'sent';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, usesAttempt, retryAfterSeconds, waitingFor } = error;
    return code === 'waiting_for_job' ? { usesAttempt, retryAfterSeconds, waitingFor } : code;
  }
}

it('the job shows that end: sent', async () => expect(await look({})).toBe('sent'));

it('the end can not be read yet: waits for the job without an attempt, at first for 50 ms', async () => {
  const first = await look({ state: 'pending' });
  expect(first).toEqual({ usesAttempt: false, retryAfterSeconds: 0.05, waitingFor: [input.job] });
  expect(await look({ state: 'pending' }, 8_000)).toMatchObject({ retryAfterSeconds: expect.closeTo(2, 0) });
  expect(await look({ state: 'pending' }, 900_000)).toMatchObject({ retryAfterSeconds: 15 });
});

it.each([
  ['the repeated run ended otherwise', { state: 'failed' }],
  ['the job was run again and has ended', { retries: 2 }],
  ['the job was run again and runs', { retries: 2, state: 'pending' }],
  ['the job was erased', { state: 'missing', createdAt: undefined, retries: undefined }],
  ['the id is another job’s by now', { createdAt: END.createdAt + 1 }],
] as const)('%s: dropped', async (_what, found) => expect(await look(found as Partial<FinishedJob>)).toBe('cancelled'));

it('a webhook of an earlier version, which does not say which end: sent', async () =>
  expect(await look({ state: 'missing' }, 0, webhooks.input.parse(webhooks.example))).toBe('sent'));

import { afterEach, describe, expect, it } from '@jest/globals';
import { BATCH_OPEN_FIELD, BATCH_OPEN_MS, BATCH_STATES_FIELD } from '../../../src/endpoints/batch.ts';
import { AppError } from '../../../src/errors.ts';
import { stayOpen } from '../../../src/http/api/accept/batch/webhooks.ts';
import type { JobFields } from '../../../src/jobs/job-fields.ts';
import type { FinishedJob } from '../../../src/jobs/processor.ts';
import { createLog } from '../../../src/log.ts';
import { awaitBatch } from '../../../workers/webhooks/await-batch.ts';
import { awaitEnd } from '../../../workers/webhooks/await-end.ts';
import { webhooks } from '../../../workers/webhooks/job.ts';
import { until } from '../../support/until.ts';

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

describe('a batch', () => {
  const kept = new Map<string, string>();
  const jobFields: JobFields = {
    read: async (_id, names) => names.map((name) => kept.get(name) ?? null),
    async change(_id, { set = {} }) {
      for (const [name, value] of Object.entries(set)) kept.set(name, String(value));
      return 'done';
    },
  };
  const ids = ['eml_1', 'eml_2'];
  const batch = { id: 'bat_1', kind: 'emails', jobs: ids };
  const job = { id: 'whk_1', input: { ...input, batch }, createdAt: new Date(Date.now() - BATCH_OPEN_MS - 1) };
  const jobs = { find: async (id: string) => ({ id, files: [], state: 'completed' as const }) };
  const tell = () => awaitBatch(job as Parameters<typeof awaitBatch>[0], { jobs }, { jobFields, base: '' });
  const stay = (options: { atOnce: boolean; everyMs?: number }) =>
    stayOpen({ webhookFields: jobFields, log: createLog('silent', 'test') }, [job.id], options);
  const told = { data: { id: 'bat_1', total: 2, counts: { completed: 2 } } };
  afterEach(() => kept.clear());

  it('whose request queues jobs for longer than a minute: waits for as long as it does, and tells of all of them then', async () => {
    const leave = await stay({ atOnce: false, everyMs: 1 });
    await until('it is said that it goes on', () => kept.size > 0);
    leave();
    await expect(tell()).rejects.toMatchObject({ code: 'waiting_for_job', waitingFor: [] });
    // Nobody has said so since: the process has died.
    for (const name of kept.keys()) kept.set(name, String(Date.now() - BATCH_OPEN_MS - 1));
    expect(JSON.parse(await tell())).toMatchObject(told);
  });

  it.each([
    ['that nobody closed', null],
    ['that had closed by itself, one of its jobs never queued', 'c-'],
  ])('%s: waits for the request that is repeated, from its beginning on', async (_what, states) => {
    if (states) kept.set(BATCH_STATES_FIELD, states);
    const leave = await stay({ atOnce: true });
    await expect(tell()).rejects.toMatchObject({ code: 'waiting_for_job', waitingFor: [] });
    leave();
    // As closing it does.
    kept.delete(BATCH_OPEN_FIELD);
    expect(JSON.parse(await tell())).toMatchObject(told);
  });
});

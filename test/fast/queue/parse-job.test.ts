import { describe, expect, it } from '@jest/globals';
import { AppError, toProblem } from '../../../src/errors.ts';
import { STORED_FIELDS } from '../../../src/queue/read/job-fields.ts';
import { parseStoredJob } from '../../../src/queue/read/parse-job.ts';

const ID = 'img_0123456789abcdefghjkmnpqrs';
const ENVELOPE = { v: 1, caller: 'kari', input: { width: 8 }, uploads: {}, options: { tags: ['a'] } };
const FILE = { key: `results/${ID}/a.webp`, name: 'a.webp', type: 'image/webp', bytes: 3, sha256: '00' };

/** Reads a job whose hash has these fields, listed as `listed`. */
function read(
  listed: string,
  fields: Partial<Record<(typeof STORED_FIELDS)[number], string>> = {},
  { position = 0, depth = 0, due = 0, pausedSince = '', isOver = 0, holders = [] as string[] } = {},
) {
  const all: typeof fields = { data: JSON.stringify(ENVELOPE), timestamp: '1000', ...fields };
  const values = STORED_FIELDS.map((name) => all[name] ?? null);
  return parseStoredJob('images', ID, [listed, position, depth, values, due, pausedSince, isOver, holders]);
}

describe('parseStoredJob', () => {
  it('a job just added: waiting at its position, not started', () => {
    expect(read('waiting', {}, { position: 3, depth: 12 })).toEqual({
      id: ID,
      kind: 'images',
      state: 'waiting',
      position: 3,
      depth: 12,
      envelope: ENVELOPE,
      progress: null,
      attemptsMade: 0,
      retries: 0,
      retriedAt: null,
      createdAt: 1000,
      startedAt: null,
      dueAt: null,
      waitingFor: [],
      waits: false,
      waitingOn: null,
      pausedSince: null,
      lastError: null,
      finishedAt: null,
      outcome: null,
      error: null,
    });
  });

  it('a position of 0 is none', () => {
    expect(read('delayed').position).toBeNull();
  });

  it('a running job: its run is the next after the finished ones', () => {
    const progress = { percent: 40, done: 4, total: 10, unit: 'rows' };
    const job = read('active', { runs: '2', processedOn: '2000', progress: JSON.stringify(progress) });
    expect(job).toMatchObject({ state: 'active', attemptsMade: 3, startedAt: 2000, finishedAt: null, progress });
  });

  it('a running job that was cancelled: stopping; one that has ended is not, whatever its hash says', () => {
    expect(read('active', { cancel: '1' })).toMatchObject({ state: 'active', stopping: true });
    expect(read('active')).not.toHaveProperty('stopping');
    for (const listed of ['completed', 'failed', 'waiting']) {
      expect(read(listed, { cancel: '1', returnvalue: '{}' })).not.toHaveProperty('stopping');
    }
  });

  it('a completed job: its last run counts, and its result and files are there', () => {
    const outcome = { result: { pages: 2 }, files: [FILE] };
    const times = { processedOn: '2000', finishedOn: '3000' };
    const job = read('completed', { runs: '1', returnvalue: JSON.stringify(outcome), ...times });
    expect(job).toMatchObject({ state: 'completed', attemptsMade: 2, startedAt: 2000, finishedAt: 3000, error: null });
    expect(job.outcome).toEqual(outcome);
  });

  it('a delayed job: when it runs, what it waits on, what failed before', () => {
    const lastError = { code: 'mail_deferred', detail: '452', at: '2026-11-28T08:00:00.000Z' };
    const fields = { lastError: JSON.stringify(lastError), waitingOn: 'relay', retriedAt: '1500' };
    const seen = { lastError, waitingOn: 'relay', dueAt: 9000, retriedAt: 1500 };
    expect(read('delayed', fields, { due: 9000 })).toMatchObject(seen);
    expect(read('active', fields)).toMatchObject({ lastError, waitingOn: null, dueAt: null });
    for (const listed of ['completed', 'failed']) {
      expect(read(listed, { ...fields, returnvalue: '{}' })).toMatchObject({ lastError: null, waitingOn: null });
    }
  });

  it('a paused queue: holds what waits; a pause without a time is one all the same', () => {
    expect(read('waiting', {}, { pausedSince: '5000' })).toMatchObject({ waitingOn: 'pause', pausedSince: 5000 });
    expect(read('waiting', {}, { pausedSince: '0' })).toMatchObject({ waitingOn: 'pause', pausedSince: null });
    expect(read('delayed', {}, { pausedSince: '5000' })).toMatchObject({ waitingOn: null, pausedSince: 5000 });
    expect(read('active', {}, { pausedSince: '5000' })).toMatchObject({ waitingOn: null, pausedSince: null });
  });

  it('a delayed job between two runs: counts the finished ones, and shows neither error nor result', () => {
    const reason = JSON.stringify(toProblem(new AppError('mail_deferred', 'Later.')));
    const job = read('delayed', { runs: '2', failedReason: reason, returnvalue: '{"result":1,"files":[]}' });
    expect(job).toMatchObject({ state: 'delayed', attemptsMade: 2, error: null, outcome: null });
  });

  it.each(['0', '50', 'null', ''])("Bull's own progress %j: none", (progress) => {
    expect(read('active', { progress }).progress).toBeNull();
  });
});

describe('a failed job', () => {
  it('the problem it was stored with', () => {
    const problem = toProblem(new AppError('image_unreadable', 'The image could not be decoded.'));
    const job = read('failed', { failedReason: JSON.stringify(problem), runs: '1', finishedOn: '3000' });
    expect(job).toMatchObject({ state: 'failed', attemptsMade: 1, finishedAt: 3000, outcome: null });
    expect(job.error).toEqual(problem);
  });

  it('cancelled: a state of its own', () => {
    const problem = toProblem(new AppError('cancelled', 'The job was cancelled.'));
    const job = read('failed', { failedReason: JSON.stringify(problem) });
    expect(job).toMatchObject({ state: 'cancelled', error: problem });
  });

  it.each([
    ["a sentence of Bull's", 'job stalled more than allowable limit'],
    ['JSON that is no problem', '{"message":"secret"}'],
    ['JSON that is no object', 'null'],
    ['a stack', 'Error: secret\n    at process (/srv/app.ts:1:1)'],
    ['no reason', undefined],
  ])('%s for a reason: an internal error that gives nothing away', (_name, failedReason) => {
    const { state, error } = read('failed', failedReason === undefined ? {} : { failedReason });
    expect(state).toBe('failed');
    expect(error).toMatchObject({ code: 'internal', status: 500 });
    expect(JSON.stringify(error)).not.toMatch(/secret|stalled|app\.ts/);
  });

  it('waiting for others: their names, and only while it is delayed that it waits', () => {
    const values = { waitingFor: 'images/img_a reports/rep_b', waits: '1' };
    const waitingFor = [
      { kind: 'images', id: 'img_a' },
      { kind: 'reports', id: 'rep_b' },
    ];
    expect(read('delayed', values)).toMatchObject({ waitingFor, waits: true });
    expect(read('failed', values)).toMatchObject({ waitingFor, waits: false });
  });
});

import { describe, expect, it } from '@jest/globals';
import { heldBy, isHeld, keptUntil, untouchedUntil } from '../../../src/jobs/retention/retention.ts';
import { type CallbackState, newStoredJob, type StoredJob } from '../../../src/jobs/stored-job.ts';

const HOUR = 3_600_000;
const TTL = 24 * HOUR;
const ENDED = Date.parse('2026-11-23T08:00:00Z');

const send = { at: '2026-11-23T08:00:00.000Z', attempt: 1, status: 500, error: null, ms: 12 };
const callback = (changes: Partial<CallbackState>): CallbackState => ({
  ...{
    id: 'whk_0',
    url: 'https://example.com',
    event: 'job.completed',
    job: 'img_0',
    endpoint: null,
    state: 'delayed',
  },
  ...{ attemptsMade: 1, attemptsMax: 10, createdAt: ENDED, startedAt: ENDED, finishedAt: null },
  ...{ nextAttemptAt: null, lastError: null, sends: [send] },
  ...changes,
});
const jobWith = (changes?: Partial<CallbackState>, finishedAt = ENDED): StoredJob =>
  newStoredJob({
    ...{ id: 'img_0', kind: 'images', state: 'completed', createdAt: finishedAt, finishedAt },
    envelope: { v: 1, caller: 'kari', input: {}, uploads: {}, options: {} },
    ...(changes ? { callback: callback(changes) } : {}),
  });
const hoursKept = (changes?: Partial<CallbackState>) => (keptUntil(jobWith(changes), TTL) - ENDED) / HOUR;

describe('until when a job is kept', () => {
  it.each([
    ['without a webhook: as set', 24, undefined],
    ['taken at once: as set', 24, { state: 'completed', finishedAt: ENDED + 200 }],
    ['the next attempt is soon: as set', 24, { nextAttemptAt: ENDED + HOUR }],
    ['the next attempt is late: an hour beyond it', 32, { nextAttemptAt: ENDED + 31 * HOUR }],
    ['the attempt is under way: an hour beyond its begin', 32, { state: 'active', startedAt: ENDED + 31 * HOUR }],
    ['taken late: an hour beyond', 32, { state: 'completed', attemptsMade: 8, finishedAt: ENDED + 31 * HOUR }],
    ['given up: an hour beyond', 76, { state: 'failed', attemptsMade: 10, finishedAt: ENDED + 75 * HOUR }],
    ['sent for the first time late: an hour beyond', 32, { state: 'completed', finishedAt: ENDED + 31 * HOUR }],
    ['whatever comes: 78 hours at most', 78, { nextAttemptAt: ENDED + 200 * HOUR }],
  ] as const)('%s: %i h', (_what, hours, changes) => expect(hoursKept(changes)).toBe(hours));
});

it('the janitor leaves a job alone while its webhook is pending, also a late one; for 78 hours at most', () => {
  const before = (hours: number) => jobWith({ state: 'waiting', sends: [] }, Date.now() - hours * HOUR);
  expect(untouchedUntil(before(30), TTL)).toBeGreaterThan(Date.now());
  expect(untouchedUntil(before(79), TTL)).toBeLessThan(Date.now());
});

describe('what others need', () => {
  const held = (changes: Partial<StoredJob>) => ({ ...jobWith(), ...changes });
  const soon = Date.now() + HOUR;

  it('is kept until its holders have ended at the latest, and as long as a link leads to it', () => {
    expect(keptUntil(held({ heldUntil: ENDED + 30 * HOUR }), TTL)).toBe(ENDED + 30 * HOUR);
    expect(keptUntil(held({ linkedUntil: ENDED + 170 * HOUR }), TTL)).toBe(ENDED + 170 * HOUR);
    expect(keptUntil(held({ heldUntil: ENDED + HOUR, linkedUntil: ENDED + HOUR }), TTL)).toBe(ENDED + TTL);
  });

  it('is looked at again in a minute while it is held: its holders may have ended', () => {
    const until = untouchedUntil(held({ heldUntil: soon }), TTL);
    expect(until).toBeGreaterThan(Date.now());
    expect(until).toBeLessThanOrEqual(Date.now() + 60_000);
    expect(untouchedUntil(held({ heldUntil: Date.now() - 1 }), TTL)).toBe(ENDED + TTL);
    expect(untouchedUntil(held({ linkedUntil: soon }), TTL)).toBe(soon);
  });

  it('is the last to go: while it is held, linked, or its webhook is tried', () => {
    expect([{ heldUntil: soon }, { linkedUntil: soon }].map((one) => isHeld(held(one)))).toEqual([true, true]);
    expect([isHeld(jobWith({ state: 'delayed' })), isHeld(jobWith({ state: 'completed' })), isHeld(jobWith())]).toEqual(
      [true, false, false],
    );
    expect(isHeld(held({ heldUntil: Date.now() - 1, linkedUntil: Date.now() - 1 }))).toBe(false);
  });

  it('is held by the jobs that name it, and by its webhook once that was not taken', () => {
    expect(heldBy(held({ heldBy: ['eml_1'] }))).toEqual(['eml_1']);
    expect(heldBy({ ...jobWith({ state: 'delayed' }), heldBy: ['eml_1'] })).toEqual(['eml_1', 'whk_0']);
    expect(heldBy(jobWith({ state: 'waiting', sends: [] }))).toEqual([]);
    expect(heldBy(jobWith({ state: 'completed', finishedAt: ENDED }))).toEqual([]);
    expect(heldBy({ ...jobWith({ state: 'delayed', id: 'whk_0' }), id: 'whk_0' })).toEqual([]);
  });
});

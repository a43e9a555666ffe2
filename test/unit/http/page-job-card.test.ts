import { describe, expect, it } from '@jest/globals';
import { AppError, toProblem } from '../../../src/errors.ts';
import { viewJob } from '../../../src/http/job-view.ts';
import { describeJob } from '../../../src/http/page-job-card.ts';
import type { JobContract } from '../../../src/jobs/define.ts';
import type { StoredJob } from '../../../src/queue/stored-job.ts';
import { images } from '../../../workers/images/job.ts';

const CREATED = Date.parse('2026-11-23T04:31:20Z');
const JOB: StoredJob = {
  id: 'img_00000000000000000000000000',
  kind: 'images',
  state: 'waiting',
  position: 1,
  envelope: { v: 1, caller: 'kari', input: {}, uploads: {}, options: {} },
  progress: null,
  attemptsMade: 0,
  createdAt: CREATED,
  startedAt: null,
  finishedAt: null,
  outcome: null,
  error: null,
};

function describeWith(changes: Partial<StoredJob>) {
  const job = { ...JOB, ...changes };
  return describeJob(job, viewJob(job, images as unknown as JobContract));
}
const file = (name: string, type: string) => ({ key: `k/${name}`, name, type, bytes: 48_213, sha256: 'ab' });

describe('a job’s card', () => {
  it('the third in line: says so, with an empty bar', () =>
    expect(describeWith({ position: 3 })).toMatchObject({
      stateName: 'Waiting',
      sentence: '3rd in line for a worker.',
      isPending: true,
      hasBar: true,
      percent: 0,
    }));

  it('running, nothing known yet: a bar without a value', () =>
    expect(describeWith({ state: 'active', attemptsMade: 1 })).toMatchObject({
      percent: null,
      sentence: 'A worker is on it.',
    }));

  it('running and countable: how much of how much', () =>
    expect(
      describeWith({ state: 'active', progress: { percent: 40, done: 400, total: 1000, unit: 'rows' } }),
    ).toMatchObject({ percent: 40, sentence: '400 of 1,000 rows.' }));

  it('delayed: after an attempt it will try again, before the first it is scheduled', () => {
    expect(describeWith({ state: 'delayed', attemptsMade: 1 })).toMatchObject({
      stateName: 'Will try again',
      sentence: 'Attempt 1 of 3 did not succeed; the next one comes by itself.',
      hasBar: false,
      isPending: true,
    });
    expect(describeWith({ state: 'delayed' })).toMatchObject({ stateName: 'Scheduled' });
  });

  it('done: how long it took, pictures with their size in pixels, other files without a preview', () => {
    const files = [file('large.webp', 'image/webp'), file('print.tiff', 'image/tiff')];
    const result = { renditions: [{ name: 'large', width: 1600, height: 1067 }] };
    const times = { startedAt: CREATED + 100, finishedAt: CREATED + 2500 };
    const card = describeWith({ state: 'completed', attemptsMade: 1, outcome: { result, files }, ...times });
    expect(card).toMatchObject({ stateName: 'Done', sentence: 'Done in 2.4 s.', isPending: false, canRetry: false });
    expect(card.files).toEqual([
      {
        name: 'large.webp',
        url: `/v1/jobs/${JOB.id}/files/large.webp`,
        summary: 'WEBP · 1,600 × 1,067 · 48.2 kB',
        picture: { width: 1600, height: 1067 },
      },
      { name: 'print.tiff', url: `/v1/jobs/${JOB.id}/files/print.tiff`, summary: 'TIFF · 48.2 kB', picture: null },
    ]);
  });

  it('a result of any kind: its plain values are facts, its recipients and warnings are lists', () => {
    const accepted = [{ address: 'kari@example.no', response: '250 OK' }];
    const result = { pages: 1200, bytes: 48_213, messageId: '<a@b>', accepted, warnings: [{ message: 'No glyph.' }] };
    const card = describeWith({ state: 'completed', outcome: { result, files: [] } });
    const facts = Object.fromEntries(card.facts.map(({ label, text }) => [label, text]));
    expect(facts).toMatchObject({ Pages: '1,200', Size: '48.2 kB', 'Message id': '<a@b>' });
    expect(card).toMatchObject({ accepted, rejected: [], warnings: ['No glyph.'] });
  });

  it('failed: the problem’s sentence, and it can run again', () =>
    expect(
      describeWith({ state: 'failed', error: toProblem(new AppError('image_unreadable', 'It is damaged.')) }),
    ).toMatchObject({ stateName: 'Failed', sentence: 'It is damaged.', canRetry: true, isPending: false }));

  it.each([
    ['the uploaded file', { uploads: { file: file('photo.jpg', 'image/jpeg') } }, 'photo.jpg'],
    ['the mail', { input: { subject: 'Hello' } }, 'Hello'],
    ['the report', { input: { data: { title: 'Sales' } } }, 'Sales'],
    ['the month', { input: { data: { month: '2026-10' } } }, '2026-10'],
    ['its id when it has no name', {}, JOB.id],
  ])('is called after %s', (_what, envelope, title) =>
    expect(describeWith({ envelope: { ...JOB.envelope, ...envelope } }).title).toBe(title),
  );
});

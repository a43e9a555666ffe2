import { describe, expect, it } from '@jest/globals';
import type { MailRecipient } from '../../../src/delivery/mail-recipient.ts';
import { AppError, toProblem } from '../../../src/errors.ts';
import { describeJob, type JobCard, type Related } from '../../../src/http/pages/job-card.ts';
import type { JobContract } from '../../../src/jobs/contract.ts';
import { viewJob } from '../../../src/jobs/job-view.ts';
import { newStoredJob, type StoredJob } from '../../../src/jobs/stored-job.ts';
import type { KindPage } from '../../../src/kinds/page.ts';
import { CONTRACTS, KINDS } from '../../../workers/index.ts';

const CREATED = Date.parse('2026-11-23T04:31:20Z');
const JOB = newStoredJob({
  id: 'img_00000000000000000000000000',
  kind: 'images',
  position: 1,
  envelope: { v: 1, caller: 'kari', input: {}, uploads: {}, options: {} },
  createdAt: CREATED,
});

const DAY_MS = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString();
const pageOf = (kind: string): KindPage => KINDS.find(({ contract }) => contract.kind === kind)?.page as KindPage;
const contractOf = (kind: string) => CONTRACTS.find((contract) => contract.kind === kind) as JobContract;
const view = (job: StoredJob, etaSeconds: number | null = null) =>
  viewJob(job, contractOf(job.kind), { etaSeconds, resultTtlMs: DAY_MS });

function describeWith(changes: Partial<StoredJob>, related?: Partial<Related>, etaSeconds: number | null = null) {
  const job = { ...JOB, ...changes };
  const none = { entries: [], callback: null, retryCompleted: false, isOperator: false };
  return describeJob(job, view(job, etaSeconds), pageOf(job.kind), related && { ...none, ...related });
}
const factsOf = (card: JobCard) => Object.fromEntries(card.facts.map(({ label, text }) => [label, text]));
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

  it('paused: its queue is, by name, and since when', () => {
    const card = describeWith({ kind: 'reports', waitingOn: 'pause', pausedSince: CREATED });
    expect(card.sentence).toBe('Reports are paused at the moment. Next in line for a worker.');
    expect(card.facts).toContainEqual({ label: 'Paused since', text: expect.any(String), time: iso(CREATED) });
  });

  it.each([
    ['job', 'It waits for another job.'],
    ['rate', 'It waits for its turn: it is sent at a limited rate.'],
    ['relay', 'The mail relay does not take mails at the moment; it is tried again by itself.'],
    ['slot', 'It waits for its turn: others have the places that there are for such jobs.'],
  ] as const)('delayed, waiting on a %s: in a sentence, with when it is tried next', (waitingOn, sentence) => {
    const card = describeWith({ state: 'delayed', waitingOn, dueAt: CREATED });
    expect(card.sentence).toBe(sentence);
    expect(card.facts).toContainEqual({ label: 'Next attempt', text: expect.any(String), time: iso(CREATED) });
  });

  it.each<[count: number, sentence: string]>([
    [1, 'Runs when rep_0 has ended.'],
    [3, 'Runs when rep_0, rep_1 and rep_2 have ended.'],
    [4, 'Runs when 4 other jobs have ended.'],
  ])('delayed, waiting for %i jobs: says so', (count, sentence) => {
    const waitingFor = Array.from({ length: count }, (_, index) => ({ kind: 'reports', id: `rep_${index}` }));
    expect(describeWith({ state: 'delayed', waits: true, waitingFor }).sentence).toBe(sentence);
  });

  it('what failed in its last attempt: in the sentence, or among the facts where that says something else', () => {
    const lastError = { code: 'mail_deferred', detail: 'The server said 452.', at: iso(CREATED) } as const;
    const between = describeWith({ state: 'delayed', attemptsMade: 1, lastError });
    expect(between.sentence).toBe('Attempt 1 of 3 did not succeed: The server said 452. The next one comes by itself.');
    expect(factsOf(between)).not.toHaveProperty('Last error');
    for (const state of ['active', 'delayed'] as const) {
      const card = describeWith({ state, attemptsMade: 1, lastError, waitingOn: state === 'active' ? null : 'rate' });
      expect(card.facts).toContainEqual({ label: 'Last error', text: lastError.detail, isWide: true });
    }
  });

  it('whose it is and what it is about: facts, but for what its title says already', () => {
    const facts = { subject: 'Hello', recipients: ['kari@example.no', 'ola@example.no'] };
    const envelope = {
      ...JOB.envelope,
      title: 'Hello',
      facts,
      requestId: 'req-1',
      options: { priority: 'high' },
    } as const;
    const job = { ...JOB, kind: 'emails', envelope };
    const seen = viewJob(job, contractOf('emails'), { resultTtlMs: DAY_MS, showsCaller: true });
    const card = describeJob(job, seen, pageOf('emails'));
    expect(factsOf(card)).toMatchObject({
      'Posted by': 'kari',
      Recipients: 'kari@example.no, ola@example.no',
      Priority: 'High',
      Request: 'req-1',
      'Useless after': expect.any(String),
    });
    expect(factsOf(card)).not.toHaveProperty('Subject');
    expect(factsOf(describeWith({}))).not.toHaveProperty('Posted by');
  });

  it('failed, and another run could not help: it can not run again', () => {
    const error = toProblem(new AppError('image_unreadable', 'It is damaged.'));
    const envelope = { ...JOB.envelope, uploads: { file: file('a.jpg', 'image/jpeg') } };
    expect(describeWith({ state: 'failed', error, envelope })).toMatchObject({ canRetry: false });
    expect(
      describeWith({ state: 'failed', error: toProblem(new AppError('timed_out', 'It was slow.')) }),
    ).toMatchObject({
      canRetry: true,
    });
  });

  it('delayed after an attempt: the next one comes by itself, and when', () => {
    expect(describeWith({ state: 'delayed', attemptsMade: 1 })).toMatchObject({
      stateName: 'Delayed',
      sentence: 'Attempt 1 of 3 did not succeed; the next one comes by itself.',
      hasBar: false,
      isPending: true,
    });
  });

  it('done: how long it took, pictures with their size in pixels, other files without a preview', () => {
    const files = [file('large.webp', 'image/webp'), file('print.tiff', 'image/tiff')];
    const result = { renditions: [{ name: 'large', width: 1600, height: 1067 }] };
    const times = { startedAt: CREATED + 100, finishedAt: CREATED + 2500 };
    const card = describeWith({ state: 'completed', attemptsMade: 1, outcome: { result, files }, ...times });
    expect(card).toMatchObject({
      stateName: 'Completed',
      sentence: 'Done in 2.4 s.',
      isPending: false,
      canRetry: false,
    });
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

  it('a result of any kind: its plain values are facts, its warnings are a list', () => {
    const result = { pages: 1200, bytes: 48_213, messageId: '<a@b>', warnings: [{ message: 'No glyph.' }] };
    const card = describeWith({ kind: 'reports', state: 'completed', outcome: { result, files: [] } });
    expect(factsOf(card)).toMatchObject({ Pages: '1,200', Size: '48.2 kB', 'Message id': '<a@b>' });
    expect(card).toMatchObject({ lists: [], warnings: ['No glyph.'] });
  });

  it('a mail: its recipients are lists, of those who got it and of those who did not', () => {
    const accepted = [{ address: 'kari@example.no', response: '250 OK' }];
    const suppressed = [{ address: 'ola@example.no', reason: 'bounce' }];
    const outcome = { result: { accepted, suppressed }, files: [] };
    expect(describeWith({ kind: 'emails', state: 'completed', outcome }).lists).toEqual([
      { title: 'Accepted', entries: [{ name: 'kari@example.no', text: '250 OK' }] },
      {
        title: 'Refused',
        entries: [{ name: 'ola@example.no', text: 'Left out: it is on the suppression list (bounce).' }],
      },
    ]);
  });

  it('a mail that nobody got: what the server said of each, and what it was about', () => {
    const refused = { stage: 'rcpt', command: 'RCPT TO', code: 550, status: '5.1.1', at: null } as const;
    const recipients: MailRecipient[] = [
      { ...refused, address: 'ola@example.no', state: 'refused', response: '550 5.1.1 no', class: 'recipient' },
      { ...refused, address: 'per@example.no', state: 'deferred', response: '550 5.7.1 no', class: 'sender' },
    ];
    const error = toProblem(new AppError('expired', 'It was not delivered in time.', { recipients }));
    expect(describeWith({ kind: 'emails', state: 'failed', error }).lists).toEqual([
      { title: 'Refused', entries: [{ name: 'ola@example.no', text: '550 5.1.1 no (about the recipient)' }] },
      { title: 'Not taken in time', entries: [{ name: 'per@example.no', text: '550 5.7.1 no (about the sender)' }] },
    ]);
  });

  it('failed: the problem’s sentence, and it can run again where that may help', () => {
    const failed = (code: 'timed_out' | 'image_unreadable') =>
      describeWith({ state: 'failed', error: toProblem(new AppError(code, 'It is so.')) }, { refillUrl: '/?from=x' });
    expect(failed('timed_out')).toMatchObject({ stateName: 'Failed', sentence: 'It is so.', canRetry: true });
    expect(failed('image_unreadable')).toMatchObject({ canRetry: false, refillUrl: '/?from=x', isPending: false });
  });

  it('the token of its forms: the same while nothing becomes of it, another one when it has run again', () => {
    const tokens = [{}, { progress: { percent: 5 } }, { retries: 1 }].map((changes) => describeWith(changes).formToken);
    expect(new Set(tokens).size).toBe(2);
    expect(tokens[0]).toBe(tokens[1]);
  });

  it('an estimate: said after the place or the progress; one of nothing is not', () => {
    expect(describeWith({ position: 3 }, {}, 200).sentence).toBe('3rd in line for a worker. About 3 min 20 s left.');
    expect(describeWith({ state: 'active' }, {}, 12).sentence).toBe('A worker is on it. About 12 s left.');
    expect(describeWith({ state: 'active' }, {}, 0).sentence).toBe('A worker is on it.');
  });

  it('while it is pending it can be cancelled, not run again, and is followed', () => {
    for (const state of ['waiting', 'delayed', 'active'] as const) {
      expect(describeWith({ state })).toMatchObject({ canCancel: true, canRetry: false, follows: JOB.id });
    }
  });

  it('cancelled while it runs: stopping, and there is nothing left to cancel', () =>
    expect(describeWith({ state: 'active', stopping: true }, {}, 12)).toMatchObject({
      stateName: 'Active',
      sentence: 'It was cancelled; its worker is stopping it.',
      canCancel: false,
      isPending: true,
    }));

  it('cancelled: no trouble, and it can run again', () =>
    expect(
      describeWith({ state: 'cancelled', error: toProblem(new AppError('cancelled', 'The job was cancelled.')) }),
    ).toMatchObject({
      error: null,
      sentence: 'The job was cancelled.',
      canCancel: false,
      canRetry: true,
      follows: null,
    }));

  it('done: runs again only where its kind allows it', () => {
    expect(describeWith({ state: 'completed' }, { retryCompleted: false }).canRetry).toBe(false);
    expect(describeWith({ state: 'completed' }, { retryCompleted: true }).canRetry).toBe(true);
  });

  it('its callback is followed after its own end, until that has ended too', () => {
    const callback = { url: 'https://example.com', jobId: 'whk_0', state: null, stateName: null } as const;
    const rest = { sentence: '', next: null, attempts: [] };
    const follows = (state: StoredJob['state'], isPending: boolean) =>
      describeWith({ state }, { callback: { ...callback, ...rest, isPending } }).follows;
    expect([follows('active', false), follows('completed', true), follows('failed', false)]).toEqual([
      JOB.id,
      'whk_0',
      null,
    ]);
  });

  it('its labels and times are facts: subject, tags, when it runs, when it is useless, how long it is kept', () => {
    const runAt = '2026-11-24T08:00:00Z';
    const options = { subject: 'customer-9', tags: ['spring', 'sale'], runAt, expiresAt: '2026-11-25T08:00:00Z' };
    const envelope = { ...JOB.envelope, options };
    expect(
      factsOf(describeWith({ state: 'delayed', position: null, envelope, dueAt: Date.parse(runAt) })),
    ).toMatchObject({
      Subject: 'customer-9',
      Tags: 'spring, sale',
      'Runs at': expect.stringMatching(/^24 Nov 2026/),
      'Useless after': expect.stringMatching(/^25 Nov 2026/),
    });
    const ended = describeWith({ state: 'completed', envelope, finishedAt: CREATED });
    expect(ended.facts.find(({ label }) => label === 'Kept until')?.time).toBe('2026-11-24T04:31:20.000Z');
    expect(factsOf(ended)).not.toHaveProperty('Useless after');
    expect(factsOf(describeWith({}))).not.toHaveProperty('Subject');
  });

  it('a webhook: named after where it goes, a link to the job it tells of, its attempts as a log', () => {
    const input = { url: 'https://example.com/hook', event: 'job.completed', job: JOB.id, body: '{}' };
    const outcome = { result: { status: 200, attempts: 2, ms: 1500 }, files: [] };
    const entries = [{ at: '2026-11-23T04:31:20.000Z', attempt: 1, status: 503, ms: 9 }];
    const card = describeWith(
      {
        kind: 'webhooks',
        state: 'completed',
        attemptsMade: 2,
        envelope: { ...JOB.envelope, title: input.url, input },
        outcome,
      },
      { entries },
    );
    expect(card).toMatchObject({ title: input.url, sendLog: [{ outcome: 'Answered 503' }] });
    expect(card.facts).toContainEqual({ label: 'Tells of', text: JOB.id, href: `/jobs/${JOB.id}` });
    expect(factsOf(card)).toMatchObject({ Attempts: '2 of 10', Status: '200', Took: '1.5 s' });
    expect(card.facts.filter(({ label }) => label === 'Attempts')).toHaveLength(1);
  });

  it.each([
    ['the title that its kind made at accept', { title: 'Sales', options: { subject: 'customer-9' } }, 'Sales'],
    ['the uploaded file', { uploads: { file: file('photo.jpg', 'image/jpeg') } }, 'photo.jpg'],
    ['its subject', { options: { subject: 'customer-9' } }, 'customer-9'],
    ['its id when it has no name', {}, JOB.id],
  ])('is called after %s', (_what, envelope, title) =>
    expect(describeWith({ envelope: { ...JOB.envelope, ...envelope } }).title).toBe(title),
  );

  it.each([
    [{ userId: 'u-1042', month: '2026-10', name: 'Kari Nordmann' }, 'Kari Nordmann, 2026-10'],
    [{ userId: 'u-1042', month: '2026-10' }, 'u-1042, 2026-10'],
    [{ number: 'F-17' }, 'F-17'],
  ])('a report without a title and a file, of %j: %s', (data, title) =>
    expect(contractOf('reports').title?.({ data }, {})).toBe(title),
  );

  it.each([
    ['report.pdf', 'Sales', 'Sales.pdf'],
    ['report.xlsx', 'Sales 10/2026: "all"', 'Sales 10-2026- -all-.xlsx'],
    ['report.pdf', 'sales.csv', 'sales.pdf'],
    ['report.pdf', ' .. ', undefined],
    ['report-acme.pdf', 'Sales', undefined],
    ['page-1.png', 'Sales', undefined],
  ])('the file %s of the report "%s": saved by %s', (name, title, saved) =>
    expect(contractOf('reports').savedAs?.(name, title)).toBe(saved),
  );

  it.each<[kind: string, what: string, input: object, title: string | undefined]>([
    ['images', 'its file', {}, 'photo.jpg'],
    ['reports', 'its title', { data: { title: 'Sales' } }, 'Sales'],
    ['reports', 'its data file, before its month', { data: { month: '2026-10' } }, 'photo.jpg'],
    ['emails', 'its subject', { subject: 'Hello', template: 'notification' }, 'Hello'],
    ['emails', 'the title among its variables', { template: 'notification', variables: { title: 'Hei' } }, 'Hei'],
    ['emails', 'its template', { template: 'notification' }, 'notification'],
    ['webhooks', 'where it goes', { url: 'https://example.com/hook' }, 'https://example.com/hook'],
  ])('%s: titled after %s', (kind, _what, input, title) =>
    expect(contractOf(kind).title?.(input, { file: file('photo.jpg', 'image/jpeg') })).toBe(title),
  );
});

describe('what has happened to a job', () => {
  const at = (second: number) => CREATED + second * 1000;
  const stepsOf = (changes: Partial<StoredJob>, timeline: Related['timeline']) =>
    describeWith(changes, timeline ? { timeline } : {}).timeline.map(({ at: moment, text, hint }) => {
      const second = moment === null ? '-' : (Date.parse(moment.iso) - CREATED) / 1000;
      return `${second} ${text}${hint === null ? '' : ` (${hint})`}`;
    });
  const none = { entries: [], by: null };

  it('is shown where it was asked for', () => expect(stepsOf({}, undefined)).toEqual([]));

  it('accepted, waiting; for a time; for another job', () => {
    expect(stepsOf({}, none)).toEqual(['0 Accepted', '- Waits for a worker']);
    const envelope = { ...JOB.envelope, options: { runAt: iso(at(100)) } };
    expect(stepsOf({ state: 'delayed', envelope }, none)).toEqual([
      '0 Accepted',
      '- Waits for the time that it was asked for',
    ]);
    expect(stepsOf({ state: 'delayed', waitingOn: 'job' }, none)).toEqual(['0 Accepted', '- Waits for another job']);
  });

  it('completed by its first run, after a wait', () => {
    const job = { state: 'completed' as const, startedAt: at(12), finishedAt: at(14), attemptsMade: 1 };
    expect(stepsOf(job, { entries: [], by: 'images-0@alfa' })).toEqual([
      '0 Accepted',
      '12 Run began on images-0@alfa (waited 12 s for a worker)',
      '14 Completed (after 2 s)',
    ]);
  });

  it('failures, a relay that was away, a death, a retry by hand; then the run under way', () => {
    const entries = [
      {
        at: at(2),
        code: 'internal',
        run: 1,
        used: true as const,
        detail: 'It broke.',
        began: at(0),
        by: 'a@h',
        againMs: 3000,
      },
      { at: at(60), code: 'mail_relay_unavailable', run: 2, detail: 'Away.', began: at(5), times: 4, againMs: 10_000 },
      { at: at(80), code: 'worker_died', used: true as const, began: at(70), by: 'b' },
      { at: at(82), code: 'cancelled', run: 2, began: at(81) },
      { at: at(90), code: 'run_again', used: true as const },
      { at: at(91), code: 'left_out', times: 75 },
    ];
    expect(stepsOf({ state: 'active', startedAt: at(95), attemptsMade: 2 }, { entries, by: 'c@h' })).toEqual([
      '0 Accepted',
      '0 Run began on a@h',
      '2 Attempt 1 failed: It broke. (after 2 s; again in 3 s)',
      '5 Run began (waited 3 s for its next attempt)',
      '60 Put back: Away. (4 times; again in 10 s)',
      '70 Run began on b (waited 10 s for the mail relay)',
      '80 Its worker died (after 10 s)',
      '81 Run began (waited 1 s since its worker died)',
      '82 Its run was stopped (after 1 s)',
      '90 Run again by hand',
      '- 75 more runs',
      '95 Run began on c@h (waited 4 s for its next attempt)',
    ]);
  });

  it('failed for good: its reason once; its webhooks by time; of many steps the middle is counted', () => {
    const error = toProblem(new AppError('image_unreadable', 'Not an image.'));
    const last = {
      at: at(3),
      code: 'image_unreadable',
      run: 1,
      used: true as const,
      detail: 'Not an image.',
      began: at(1),
    };
    const sends = [
      { at: iso(at(4)), attempt: 1, status: 503, error: null, ms: 20 },
      { at: iso(at(9)), attempt: 2, status: 200, error: null, ms: 10 },
    ];
    const webhook = newStoredJob({ ...JOB, id: 'whk_1', kind: 'webhooks', state: 'completed' });
    const callback = {
      ...webhook,
      ...{ url: '', event: '', job: JOB.id, attemptsMax: 9, nextAttemptAt: null },
      sends,
      endpoint: null,
    };
    const failed = { state: 'failed' as const, error, finishedAt: at(3), attemptsMade: 1 };
    expect(stepsOf({ ...failed, callback }, { entries: [last], by: null }).slice(2)).toEqual([
      '3 Attempt 1 failed: Not an image. (after 2 s)',
      '3 Failed',
      '4 Callback, attempt 1: answered 503 (after 20 ms)',
      '9 Callback, attempt 2: answered 200 (after 10 ms)',
    ]);
    expect(stepsOf(failed, none)).toEqual(['0 Accepted', '3 Failed: Not an image.']);
    const entries = Array.from({ length: 26 }, (_, index) => ({ ...last, run: index, at: at(3 + index) }));
    const steps = stepsOf(failed, { entries, by: null });
    expect([steps.length, steps[5]]).toEqual([26, '- 29 more steps']);
  });
});

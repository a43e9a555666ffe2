import { describe, expect, it } from '@jest/globals';
import { AppError, toProblem } from '../../../src/errors.ts';
import { describeCallback, describeSendLog } from '../../../src/http/pages/callback.ts';
import { newStoredJob, type StoredJob } from '../../../src/jobs/stored-job.ts';

const URL = 'https://example.com/hook';
const jobWith = (changes: Partial<StoredJob>): StoredJob =>
  newStoredJob({
    id: 'img_00000000000000000000000000',
    kind: 'images',
    state: 'completed',
    envelope: { v: 1, caller: 'kari', input: {}, uploads: {}, options: { callbackUrl: URL } },
    attemptsMade: 1,
    createdAt: 1000,
    startedAt: 2000,
    finishedAt: 3000,
    ...changes,
  });
const webhookWith = (changes: Partial<StoredJob>) =>
  jobWith({ id: 'whk_00000000000000000000000000', kind: 'webhooks', ...changes });

describe('a job’s callback', () => {
  it('none was asked for: nothing is said of one', () => {
    const plain = jobWith({ envelope: { v: 1, caller: 'kari', input: {}, uploads: {}, options: {} } });
    expect(describeCallback(plain, null, [])).toBeNull();
  });

  it('before the job’s end: when it will be told, and nothing to follow', () =>
    expect(describeCallback(jobWith({ state: 'active' }), null, [])).toEqual({
      url: URL,
      jobId: null,
      state: null,
      stateName: null,
      sentence: 'Told when this job has ended.',
      isPending: false,
      next: null,
      attempts: [],
    }));

  it('the webhook is gone after the job’s end: says that nothing is kept', () =>
    expect(describeCallback(jobWith({}), null, [])).toMatchObject({
      jobId: null,
      sentence: 'Nothing is kept about this callback any more.',
    }));

  it.each([
    ['waiting', {}, 'Waiting', 'It is being told how this job ended.', true],
    ['delayed', {}, 'Delayed', 'It will be told how this job ended.', true],
    ['active', { stopping: true }, 'Active', 'It is being told how this job ended.', true],
    ['completed', {}, 'Completed', 'It was told how this job ended.', false],
  ] as const)('a webhook that is %s %j: %s', (state, more, stateName, sentence, isPending) =>
    expect(describeCallback(jobWith({}), webhookWith({ state, ...more }), [])).toMatchObject({
      state,
      stateName,
      sentence,
      isPending,
    }),
  );

  it('a webhook that was sent and not taken: when it is sent again', () => {
    const at = '2026-11-23T04:31:20.000Z';
    const callback = { nextAttemptAt: Date.parse(at) } as NonNullable<StoredJob['callback']>;
    const entries = [{ at, attempt: 1, status: 500, ms: 12 }];
    expect(describeCallback(jobWith({}), webhookWith({ state: 'delayed', callback }), entries)).toMatchObject({
      sentence: 'Not taken so far; it is sent again by itself.',
      next: { at, time: expect.stringContaining('2026') },
    });
  });

  it('what a receiver said: shown to all, that of an inner one to operators alone', () => {
    const at = '2026-11-23T04:31:20.000Z';
    const entries = [
      { at, attempt: 1, status: 500, ms: 12, text: 'from inside', isInner: true },
      { at, attempt: 2, status: 500, ms: 12, text: 'from outside', isInner: false },
      { at, attempt: 3, status: 500, ms: 12 },
    ];
    const answers = (isOperator: boolean) => describeSendLog(entries, isOperator).map(({ answer }) => answer);
    expect(answers(false)).toEqual([null, 'from outside', null]);
    expect(answers(true)).toEqual(['from inside', 'from outside', null]);
  });

  it('a webhook that failed: its own sentence', () => {
    const error = toProblem(new AppError('webhook_gone', 'The receiver wants none.'));
    const callback = describeCallback(jobWith({}), webhookWith({ state: 'failed', error }), []);
    expect(callback).toMatchObject({ sentence: 'The receiver wants none.', stateName: 'Failed', isPending: false });
  });
});

describe('a send log', () => {
  const at = '2026-11-23T04:31:20.000Z';

  it('each attempt with its time, its answer or its fault, and how long it took', () =>
    expect(
      describeSendLog([
        { at, attempt: 1, error: 'The name is not known.', ms: 12 },
        { at, attempt: 2, status: 302, ms: 1500 },
        { at, attempt: 3, status: 204, ms: 80 },
      ]).map(({ attempt, outcome, isTaken, took }) => [attempt, outcome, isTaken, took]),
    ).toEqual([
      ['1', 'The name is not known.', false, '12 ms'],
      ['2', 'Answered 302', false, '1.5 s'],
      ['3', 'Answered 204', true, '80 ms'],
    ]));

  it('the time: for people and for programs', () =>
    expect(describeSendLog([{ at, attempt: 1, status: 200, ms: 1 }])[0]).toMatchObject({
      at,
      time: expect.stringMatching(/^23 Nov 2026, 0?4:31:20 UTC$/),
    }));

  it.each([null, 'text', 7, {}, { at, attempt: 1 }, { attempt: 1, ms: 1 }, { at: 5, attempt: 1, ms: 1 }])(
    'an entry of another shape, %j: left out',
    (entry) => expect(describeSendLog([entry])).toEqual([]),
  );
});

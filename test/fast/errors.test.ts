import { describe, expect, it } from '@jest/globals';
import { AppError, addressProblem, ERROR_CODES, type ErrorCode, toAppError, toProblem } from '../../src/errors.ts';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

describe('the table of codes', () => {
  it('codes are lower-case words; each has an HTTP error status and a title of its own', () => {
    expect(CODES.filter((code) => !/^[a-z]+(_[a-z]+)*$/.test(code))).toEqual([]);
    expect(CODES.filter((code) => ERROR_CODES[code].status < 400 || ERROR_CODES[code].status > 599)).toEqual([]);
    expect(new Set(CODES.map((code) => ERROR_CODES[code].title)).size).toBe(CODES.length);
  });

  it("of the caller's faults (4xx) only what comes too slowly, too early, too often, too much or damaged is worth another try", () => {
    const again = CODES.filter((code) => ERROR_CODES[code].status < 500 && ERROR_CODES[code].retryable);
    expect(again).toEqual([
      'request_timeout',
      'upload_unfinished',
      'checksum_mismatch',
      'rate_limited',
      'quota_exceeded',
    ]);
  });

  it('what is down, full or late is worth another run; of the rest only a job that kills or stops its workers is not', () => {
    const final = CODES.filter((code) => ERROR_CODES[code].status >= 500 && !ERROR_CODES[code].retryable);
    expect(final).toEqual(['worker_lost', 'worker_stalled']);
  });

  // The statuses that clients are promised.
  it.each([
    ['invalid_request', 400],
    ['unauthorized', 401],
    ['forbidden', 403],
    ['not_found', 404],
    ['conflict', 409],
    ['retry_useless', 409],
    ['result_expired', 410],
    ['payload_too_large', 413],
    ['unsupported_media_type', 415],
    ['range_not_satisfiable', 416],
    ['image_unreadable', 422],
    ['internal', 500],
    ['queue_full', 503],
    ['queue_unavailable', 503],
    ['storage_unavailable', 503],
    ['storage_full', 507],
  ] as const)('%s: %i', (code, status) => {
    expect(new AppError(code, 'x').status).toBe(status);
  });
});

describe('AppError', () => {
  it('its code decides on status and retryable; its sentence is the message', () => {
    const error = new AppError('storage_full', 'The storage is full.', { retryAfterSeconds: 30 });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'AppError',
      code: 'storage_full',
      status: 507,
      retryable: true,
      message: 'The storage is full.',
      retryAfterSeconds: 30,
    });
  });

  it('without options: no cause, no faults, no time to try again', () => {
    const error = new AppError('expired', 'x');
    expect('cause' in error).toBe(false);
    expect([error.errors, error.retryAfterSeconds]).toEqual([undefined, undefined]);
  });

  it("only what is not the job's doing uses no attempt", () => {
    const free = CODES.filter((code) => !new AppError(code, 'x').usesAttempt);
    expect(free).toEqual([
      'storage_full',
      'storage_unavailable',
      'mail_relay_unavailable',
      'mail_sender_refused',
      'mail_snoozed',
      'waiting_for_job',
      'upload_missing',
      'later_version',
      'slots_full',
      'interrupted',
    ]);
  });

  it('what a job waits on follows from its code, or is said with the error', () => {
    const waits = CODES.map((code) => [code, new AppError(code, 'x').waitingOn]).filter(([, on]) => on !== null);
    expect(Object.fromEntries(waits)).toEqual({
      mail_relay_unavailable: 'relay',
      mail_sender_refused: 'relay',
      waiting_for_job: 'job',
      slots_full: 'slot',
    });
    expect(new AppError('mail_snoozed', 'x', { waitingOn: 'rate' }).waitingOn).toBe('rate');
  });

  it('an upload is useless only when it can not be decoded', () => {
    expect(CODES.filter((code) => new AppError(code, 'x').uploadUseless)).toEqual(['image_unreadable']);
  });
});

describe('toAppError', () => {
  it('an AppError, also of a class of its own: as it is', () => {
    class Narrower extends AppError {}
    for (const error of [new AppError('expired', 'x'), new Narrower('queue_unavailable', 'x')]) {
      expect(toAppError(error)).toBe(error);
    }
  });

  it.each([
    ['an error', new Error('connect ECONNREFUSED /run/secret.sock')],
    ['an error with a status of its own', Object.assign(new Error('secret'), { status: 404, code: 'not_found' })],
    ['a text', 'secret'],
    ['an object', { code: 'not_found', message: 'secret' }],
    ['null', null],
  ])('%s: internal, its text for the log alone', (_name, thrown) => {
    const error = toAppError(thrown);
    expect(error).toMatchObject({ code: 'internal', status: 500 });
    expect(error.cause).toBe(thrown);
    expect(JSON.stringify(toProblem(error))).not.toContain('secret');
  });
});

describe('toProblem', () => {
  it('the members of RFC 9457, the code, and whether it is worth another try', () => {
    expect(toProblem(new AppError('payload_too_large', 'file is larger than the limit of 50 MB.'))).toEqual({
      type: '/docs/errors#payload_too_large',
      title: 'Payload too large',
      status: 413,
      detail: 'file is larger than the limit of 50 MB.',
      code: 'payload_too_large',
      retryable: false,
    });
  });

  it('in vain, whatever is so of its code: not worth another try', () => {
    expect(toProblem(new AppError('quota_exceeded', 'x', { isVain: true }))).toMatchObject({
      status: 429,
      retryable: false,
    });
  });

  it('bad input: a pointer to each faulty field', () => {
    const errors = [{ pointer: '/width', detail: 'must be at least 1' }];
    expect(toProblem(new AppError('invalid_request', 'x', { errors })).errors).toEqual(errors);
  });

  it('neither cause nor stack nor the time to try again is in it', () => {
    const error = new AppError('internal', 'x', { cause: new Error('secret'), retryAfterSeconds: 3 });
    const members = ['type', 'title', 'status', 'detail', 'code', 'retryable'];
    expect(Object.keys(toProblem(error))).toEqual(members);
  });

  it('shown: its type leads to the page of errors, whatever a stored one says', () => {
    const stored = { ...toProblem(new AppError('expired', 'x')), type: 'urn:of:an:earlier:version' };
    expect(addressProblem(stored, 'https://jobs.example')).toEqual({
      ...stored,
      type: 'https://jobs.example/docs/errors#expired',
    });
  });

  it('stored with a job and read again: the same', () => {
    const problem = toProblem(new AppError('mail_refused', 'Nobody took the mail: "unknown user".'));
    expect(JSON.parse(JSON.stringify(problem))).toEqual(problem);
  });
});

it('what may have been made is addressed as what it is: a job or an upload', () => {
  const selfOf = (job: string) => toProblem(new AppError('outcome_unknown', 'Not known.', { job })).links?.self;
  expect([selfOf('img_1'), selfOf('upd_1')]).toEqual(['/v1/jobs/img_1', '/v1/uploads/upd_1']);
});

import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { formatLine } from '../../../bin/logs/format-line.ts';
import { openJobLines } from '../../../bin/logs/job-lines.ts';
import type { Log } from '../../../src/log.ts';
import type { Answers } from '../../../workers/emails/delivery/answers/recipient-answers.ts';
import { logAnswers, queueIdOf } from '../../../workers/emails/delivery/log-answers.ts';
import { runCli } from '../../support/cli.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const JOB = 'eml_00000000000000000000000001';
const SIBLING = 'eml_00000000000000000000000002';
const WEBHOOK = 'whk_00000000000000000000000003';
const at = (second: number) => `2026-11-29T09:00:${String(second).padStart(2, '0')}.000Z`;
const line = (second: number, facts: object) => `${JSON.stringify({ time: at(second), ...facts })}\n`;

describe('the lines of a job', () => {
  let dir: ReturnType<typeof makeTempDir>;
  const path = (name: string) => join(dir.path, 'log', name);
  const write = (name: string, ...lines: string[]) => appendFileSync(path(name), lines.join(''));
  const messages = (id = JOB) =>
    openJobLines(join(dir.path, 'log'), id)
      .read()
      .map(({ facts }) => facts['msg'] ?? facts['route']);

  beforeEach(() => {
    dir = makeTempDir();
    mkdirSync(join(dir.path, 'log'));
    write(
      'access-0.log',
      line(1, { method: 'POST', route: '/v1/emails/batch', status: 202, requestId: 'r-1', job: JOB }),
      line(2, { method: 'GET', route: '/v1/jobs/:id', status: 200, requestId: 'r-2', job: JOB }),
      line(3, { method: 'GET', route: '/v1/jobs/:id', status: 404, requestId: 'r-3', job: JOB }),
      line(4, { method: 'POST', route: '/v1/images', status: 202, requestId: 'r-3', job: SIBLING }),
    );
    write('emails-0.log.1', line(5, { job: JOB, requestId: 'r-1', msg: 'job will run again' }), 'not JSON eml_\n');
    write(
      'emails-0.log',
      line(7, { job: JOB, requestId: 'r-1', msg: 'the mail relay answered' }),
      line(8, { job: SIBLING, requestId: 'r-1', msg: 'of another job of the request' }),
      line(9, { job: WEBHOOK, requestId: 'r-1', msg: 'webhook not named yet' }),
      line(10, { job: WEBHOOK, requestId: 'r-1', tellsOf: JOB, msg: 'answered' }),
    );
    write(
      'web-0.log',
      line(6, { requestId: 'r-1', msg: 'of the request' }),
      line(6, { requestId: 'r-2', msg: 'other' }),
    );
  });
  afterEach(() => dir.remove());

  it('over all files and old ones, by time: its own, its request’s, its webhooks’; no looks, no other jobs', () => {
    expect(messages()).toEqual([
      '/v1/emails/batch',
      '/v1/jobs/:id',
      'job will run again',
      'of the request',
      'the mail relay answered',
      'webhook not named yet',
      'answered',
    ]);
  });

  it('of a request: all that has its name', () => {
    expect(messages('r-1')).toHaveLength(7);
    expect(messages('r-2')).toEqual(['/v1/jobs/:id', 'other']);
    expect(messages('r-9')).toEqual([]);
    // A name may have signs that JSON escapes, or look like an address.
    write(
      'web-0.log',
      line(30, { requestId: 'say:"a\\b"', msg: 'quoted' }),
      line(31, { requestId: 'k***@x.example', msg: 'masked' }),
    );
    expect([messages('say:"a\\b"'), messages('kari@x.example')]).toEqual([['quoted'], ['masked']]);
  });

  it('followed: what is written, also half at first and in a file that is put aside; nothing twice', () => {
    const lines = openJobLines(join(dir.path, 'log'), JOB);
    const news = () => lines.read().map(({ facts }) => facts['msg']);
    expect(news()).toHaveLength(7);
    expect(news()).toEqual([]);
    const late = line(11, { job: JOB, msg: 'late' });
    write('emails-0.log', late.slice(0, 30));
    expect(news()).toEqual([]);
    write('emails-0.log', late.slice(30));
    renameSync(path('emails-0.log'), path('emails-0.log.2'));
    write('emails-0.log', line(12, { job: JOB, msg: 'in the new file' }));
    expect(news()).toEqual(['late', 'in the new file']);
    const other = 'whk_00000000000000000000000004';
    write('emails-0.log', line(13, { job: other, msg: 'passed over' }));
    expect(news()).toEqual([]);
    write('emails-0.log', line(14, { job: other, tellsOf: JOB, msg: 'tells of it' }));
    expect(news()).toEqual(['passed over', 'tells of it']);
  });

  it('a line longer than a block, and one across two', () => {
    writeFileSync(
      path('web-0.log'),
      'x'.repeat(1 << 20).concat('\n', line(20, { job: JOB, msg: `long ${'y'.repeat(2e6)}` })),
    );
    expect(messages().at(-1)).toHaveLength(2e6 + 5);
  });

  it('the command: a line each; none: exit status 1; not in files: says where', async () => {
    const run = (...args: string[]) => runCli({ DATA_DIR: dir.path }, 'logs', ...args);
    const { code, stdout } = await run(JOB);
    expect([code, stdout.split('\n')[0]]).toEqual([
      0,
      '2026-11-29T09:00:01.000Z  access-0    POST /v1/emails/batch 202  requestId=r-1',
    ]);
    expect(JSON.parse((await run(JOB, '--json')).stdout.split('\n')[2] ?? '')).toMatchObject({
      process: 'emails-0',
      job: JOB,
    });
    expect(await run('r-9')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^no line in .*log tells of r-9/),
    });
    expect(await runCli({ DATA_DIR: dir.path, LOG_TO: 'stdout' }, 'logs', JOB)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^LOG_TO is stdout: /),
    });
    expect(await runCli({ DATA_DIR: join(dir.path, 'none') }, 'logs', JOB)).toMatchObject({ code: 1 });
  });
});

it.each([
  [{ level: 'info', msg: 'job completed', ms: 12, attempt: 1 }, 'job completed  12 ms  attempt=1'],
  [
    { level: 'warn', msg: 'job failed', code: 'timed_out', err: 'It took too long.' },
    'WARN  job failed  code=timed_out  It took too long.',
  ],
  [{ level: 'error', msg: 'broken', err: { message: 'no\nstack', stack: 's' } }, 'ERROR  broken  no'],
  [{ msg: 'answered', status: 200, ms: 3, tellsOf: JOB }, 'answered  3 ms  status=200'],
  [{ msg: 'relay', response: '250 Ok: queued', list: [1] }, 'relay  response="250 Ok: queued"  list=[1]'],
])('a line for people: %j', (facts, text) => {
  const read = { process: 'emails-0', text: '', time: at(1), facts: { time: at(1), role: 'emails', pid: 1, ...facts } };
  expect(formatLine(read, JOB)).toBe(`${at(1)}  emails-0    ${text}`);
});

describe('what the relay has answered', () => {
  it.each([
    ['250 2.0.0 Ok: queued as 4ABC12xyz', '4ABC12xyz'],
    ['250 OK id=1tGabc-0000000AbC-1xYz', '1tGabc-0000000AbC-1xYz'],
    ['250 2.6.0 <a@b> [InternalId=4711, Hostname=x.example] Queued mail for delivery', '4711'],
    ['250 2.0.0 4ATLx1234 Message accepted for delivery', '4ATLx1234'],
    ['250 Ok 0102018f2b0c5b1a-8f1d2c3b-000000', '0102018f2b0c5b1a-8f1d2c3b-000000'],
    ['250 OK', null],
    ['550 5.1.1 no such user', null],
  ])('%s', (response, id) => {
    expect(queueIdOf(response)).toBe(id);
  });

  it('one line for each answer, with how many recipients had it; none for what the relay did not say', () => {
    const lines: object[] = [];
    const answers = {
      'a@x.example': { state: 'accepted', code: 250, response: '250 Ok: queued as Q1' },
      'b@x.example': { state: 'accepted', code: 250, response: '250 Ok: queued as Q1' },
      'c@x.example': { state: 'refused', code: 550, response: '550 no' },
      'd@x.example': { state: 'deferred', code: null, response: 'no answer' },
    } as Answers;
    logAnswers({ info: (facts: object) => lines.push(facts) } as unknown as Log, answers, {
      messageId: '<m>',
      relay: 'eu',
    });
    expect(lines).toEqual([
      { messageId: '<m>', smtp: 250, response: '250 Ok: queued as Q1', recipients: 2, queueId: 'Q1', relay: 'eu' },
      { messageId: '<m>', smtp: 550, response: '550 no', recipients: 1, relay: 'eu' },
    ]);
  });
});

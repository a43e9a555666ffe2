import { describe, expect, it } from '@jest/globals';
import { createLog } from '../../../src/log.ts';
import { VERDICT_CODES } from '../../../src/verdict/codes.ts';
import { type Facts, SILENT } from '../../../src/verdict/facts.ts';
import { findFaults, judge, nameOf } from '../../../src/verdict/judge.ts';
import { createVerdictWatch } from '../../../src/verdict/verdict-watch.ts';
import { readDocument, rowsOf, sectionOf } from '../docs/documents.ts';
import { AT, ago, death, disk, facts, MINUTE, process, queue, redis, report, worker } from './facts.ts';

const judgeFacts = (changes: Partial<Facts>) => judge(findFaults(facts(changes)), new Map(), AT);
/** All that is wrong, as `code: text`. */
const linesOf = (changes: Partial<Facts>) => judgeFacts(changes).items.map(({ code, text }) => `${code}: ${text}`);

const BUCKET = { bucket: 's3://files', freeBytes: 0, reserveBytes: 0, totalBytes: 0 };
const onDisk = (...disks: ReturnType<typeof disk>[]): Partial<Facts> => ({
  hosts: [{ host: 'alfa', skewMs: 0, stealPercent: null, disks }],
});
const others = facts().workers?.slice(1) ?? [];
const relay = (changes: object) => ({
  workers: [
    worker('emails', 4, { dependency: { name: 'mail relay', ok: true, detail: '', seenAt: ago(0), ...changes } }),
  ],
  queues: [queue('emails', { delayed: 12 })],
  reports: [],
});
const failing = (host: string, failures: number) => ({
  ...{ host, failures, since: AT - MINUTE, at: AT, why: 'connection refused' },
});
const ALL_FAIL =
  'webhooks_all: All webhooks fail: none of the 2 hosts that they go to takes one (a.example: connection refused)';
const up = { name: 'images-0', pid: 1 };
const log = createLog('silent', 'test');
const [NEW, OLD] = ['0123456789abcdef', 'fedcba9876543210'];
/** A host that was forgotten; a release and a checkout of one commit are no mixture. */
const TWO_VERSIONS = {
  hosts: facts().hosts.map((host) => ({ ...host, version: NEW })),
  workers: [
    ...(facts().workers ?? []).map((one) => ({ ...one, version: `${NEW}+checkout` })),
    worker('calls', 9, { host: 'beta', version: OLD }),
  ],
};

describe('what is wrong, as an operator reads it', () => {
  const rows: [Partial<Facts>, ...string[]][] = [
    [{}],
    [
      { redis: { state: 'gone', why: 'connection refused' } },
      'redis_gone: Nothing is accepted: Redis is gone (connection refused)',
    ],
    [{ redis: { state: 'frozen' } }, 'redis_frozen: Nothing is accepted: Redis is connected and does not answer'],
    [{ redis: redis({ usedBytes: 986e6 }) }, 'redis_memory: Nothing is accepted: Redis is 98 % full'],
    [{ redis: redis({ usedBytes: 800e6 }) }],
    [
      { redis: redis({ usedBytes: 1e9, refused: 'OOM command not allowed' }) },
      'redis_full: Nothing is accepted: Redis is 100 % full',
    ],
    [
      { redis: redis({ role: 'slave', refused: 'READONLY You can not write' }) },
      'redis_replica: Nothing is accepted: Redis is a replica and takes no writes',
    ],
    [
      { redis: redis({ refused: 'MISCONF Errors writing to the AOF file: No space left on device' }) },
      'redis_log: Nothing is accepted: Redis can not write its log to disk (MISCONF Errors writing to the AOF file: No space left on device)',
    ],
    [{ redis: redis({ isLogWritten: false }) }, 'redis_log: Nothing is accepted: Redis can not write its log to disk'],
    [{ redis: redis({ refused: 'NOAUTH' }) }, 'redis_refuses: Nothing is accepted: Redis refuses to write: NOAUTH'],
    [
      { redis: redis({ foreignId: 'abc' }) },
      'redis_foreign: Nothing is accepted: Redis belongs to another deployment (abc)',
    ],
    [
      { redis: redis({ syncPolicy: 'everysec', writeMs: 400, unsafe: ['it evicts'] }) },
      'redis_unsafe: Redis may lose jobs: it evicts',
      'redis_slow: A write to Redis takes 400 ms',
      "redis_sync_late: Redis syncs late (appendfsync everysec): a job that was accepted may be lost with the machine's power",
    ],
    [
      onDisk(disk({ freeBytes: 1.2e9, fault: 'ENOSPC' })),
      'disk_reserve: No upload is accepted: the disk of storage has 1.2 GB free of the 2 GB that it keeps free',
    ],
    [
      onDisk(disk({ freeBytes: 0.9e9, fault: 'ENOSPC' })),
      'disk_reserve: Nothing is accepted: the disk of storage has 900 MB free of the 2 GB that it keeps free',
    ],
    [
      onDisk(disk({ freeBytes: 0 }), disk({ of: 'Redis', freeBytes: 0 })),
      'disk_full: Nothing is accepted and results wait: the disk of storage is full (0 bytes free of the 2 GB that it keeps free)',
      'disk_full: Redis is about to end: the disk of Redis is full (0 bytes free of the 2 GB that it keeps free)',
    ],
    [
      onDisk(disk({ fault: 'EROFS' })),
      'disk_read_only: No upload or result can be kept: the disk of storage is read-only',
    ],
    [
      onDisk(disk({ fault: 'EIO' })),
      'storage_unavailable: No upload or result can be kept: the disk of storage says EIO',
    ],
    [
      onDisk(disk({ freeBytes: 0, reserveBytes: 0, totalBytes: 0, fault: SILENT })),
      'storage_unavailable: No upload or result can be kept: the disk of storage does not answer (within 2 s)',
    ],
    [
      onDisk(disk({ ...BUCKET, fault: 'AccessDenied' })),
      'storage_unavailable: No upload or result can be kept: s3://files says AccessDenied',
    ],
    [
      onDisk(disk({ ...BUCKET, fault: SILENT })),
      'storage_unavailable: No upload or result can be kept: s3://files does not answer',
    ],
    [
      onDisk(disk({ ...BUCKET, fault: 'ENOSPC' })),
      'storage_full: No upload is accepted and results wait: s3://files takes no more, as its quota says',
    ],
    [onDisk(disk(BUCKET))],
    [
      { ...report(process('images-0', 0, { state: 'EXITED' }), process('images-1', 2)), workers: others },
      'worker_gone: 1 of 2 image workers is gone',
    ],
    [
      {
        ...report(process('images-0', 0, { state: 'STOPPED' })),
        workers: [],
        queues: [queue('images', { waiting: 3 })],
      },
      'worker_gone: No image worker runs; 3 wait',
    ],
    // Nobody could show a sign of life.
    [{ redis: redis({ takesWritesMs: 3000 }), workers: [], reports: [], queues: [queue('images', { waiting: 3 })] }],
    // It is starting, or being restarted.
    [
      {
        ...report(process('images-0', 1, { state: 'STARTING' })),
        workers: [],
        queues: [queue('images', { waiting: 3 })],
      },
    ],
    [
      {
        ...report({ ...process(up.name, up.pid), upMs: 5000 }),
        workers: [],
        queues: [queue('images', { waiting: 3 })],
      },
    ],
    [
      { ...report(process('images-0', 1)), workers: [], queues: [queue('images')] },
      'worker_frozen: The image worker images-0 runs and shows no sign of life',
    ],
    [{ deaths: [death('images-0', 12_000)] }, 'worker_gone: images-0 died 12 s ago (SIGKILL); it is started again'],
    [
      { deaths: [death('images-0', 9000, { how: 'frozen' })] },
      'worker_frozen: images-0 was frozen, and was ended 9 s ago; it is started again',
    ],
    [
      { deaths: [death('images-0', 3 * MINUTE), death('web-0', 2000)] },
      'process_died: images-0 died 3 min ago (SIGKILL); it is started again',
      'process_died: web-0 died 2 s ago (SIGKILL); it is started again',
    ],
    [{ deaths: [death('images-0', 5 * MINUTE)] }],
    [
      { deaths: [1000, 2000, 3000].map((ms) => death('images-0', ms, { how: 'exit status 1' })) },
      'crash_loop: images-0 does not stay up: it ended 3 times within 5 min, last by exit status 1',
    ],
    [
      report(process('reports-0', 0, { state: 'BACKOFF', why: 'Exited too quickly' }), process('reports-1', 3)),
      'worker_gone: 1 of 2 report workers is gone',
      'crash_loop: reports-0 does not stay up (Exited too quickly)',
    ],
    [
      { unloaded: [{ kind: 'images', host: 'alfa', message: "Cannot find package 'sharp'", at: AT }] },
      "library_not_loading: The image workers of alfa can not work: a library does not load (Cannot find package 'sharp')",
    ],
    [
      {
        reports: [],
        lost: [{ kind: 'images', mark: null, seenAt: AT - 7000, isStopped: false }],
      },
      'worker_gone: 1 image worker shows no sign of life for 7 s',
    ],
    [
      {
        lost: [
          {
            kind: 'images',
            mark: { place: 'other:images-0', boot: 'b', pid: 9, startedAt: '1' },
            seenAt: AT - 6000,
            isStopped: true,
          },
          // Of a host whose watch tells of it.
          {
            kind: 'images',
            mark: { place: 'run:images-1', boot: 'b', pid: 8, startedAt: '1' },
            seenAt: AT,
            isStopped: true,
          },
        ],
      },
      'worker_frozen: 1 image worker stands still for 6 s',
    ],
    [
      { deaths: [1, 2].map((minutes) => death('reports-0', minutes * MINUTE, { jobs: ['rep_1'] })) },
      'poison_job: The job rep_1 has killed 2 workers within 5 min: it runs alone, and fails at the fifth',
      'process_died: reports-0 died 1 min ago (SIGKILL); it is started again',
    ],
    [
      {
        queues: [
          queue(
            'reports',
            { paused: true, pausedSince: AT - 40 * MINUTE, pausedBy: 'ops', waiting: 121 },
            { oldestAt: AT - 41 * MINUTE },
          ),
        ],
      },
      'queue_paused: Reports paused by the key ops 40 min ago; 121 wait, the oldest 41 min',
    ],
    [
      { queues: [queue('images', { waiting: 1200 }, { oldestAt: AT - 12 * MINUTE })] },
      'queue_oldest: Images wait too long: the oldest 12 min (the mark is 10 min); 1,200 wait',
    ],
    [
      { queues: [queue('images', { waiting: 1200 }, { oldestAt: AT - 12 * MINUTE, heldCaller: 'kari' })] },
      'queue_backlog: Images of kari wait long, those of others do not: the oldest 12 min; 1,200 wait',
    ],
    [{ queues: [queue('images', { waiting: 3 }, { oldestAt: AT - 10 * MINUTE })] }],
    [
      { queues: [queue('reports', {}, { ended: { count: 280, failedBy: { internal: 34, timed_out: 14 } } })] },
      'error_share: 12 % of the reports of the last hour failed with internal (34 of 280)',
    ],
    // What a caller brings about wakes nobody.
    [
      {
        queues: ['image_unreadable', 'webhook_failed', 'mail_refused'].map((code) =>
          queue('images', {}, { ended: { count: 100, failedBy: { [code]: 100 } } }),
        ),
      },
      'input_errors: 100 % of the images of the last hour failed with image_unreadable (100 of 100)',
      'input_errors: 100 % of the images of the last hour failed with webhook_failed (100 of 100)',
      'input_errors: 100 % of the images of the last hour failed with mail_refused (100 of 100)',
    ],
    [{ queues: [queue('reports', {}, { ended: { count: 19, failedBy: { timed_out: 19 } } })] }],
    [
      relay({ ok: false, fault: 'away', detail: 'The mail relay accepts no connections.' }),
      'relay_gone: Mail is put off: the mail relay accepts no connections; 12 wait',
    ],
    [
      relay({ ok: false, fault: 'login', detail: 'The mail relay does not accept our credentials: 535 no.' }),
      'relay_login: Mail is put off: the mail relay does not accept our credentials: 535 no; 12 wait',
    ],
    [
      relay({ ok: false, fault: 'busy', detail: 'The mail relay takes no mail now: 421 4.3.2 too busy.' }),
      'relay_put_off: Mail is put off: the mail relay takes no mail now: 421 4.3.2 too busy; 12 wait',
    ],
    [
      relay({
        holds: [
          { about: 'sender', who: 'me@example.no', isOwn: true, why: 'The mail relay does not take it: 550 no.' },
          { about: 'sender', who: 'shop@example.no', why: 'The mail relay does not take mail of this sender: 550 no.' },
          { about: 'rate', who: null, why: 'The mail relay wants less mail at a time: 451 slow.' },
        ],
      }),
      'sender_refused: Mail from me@example.no is put off: the mail relay does not take it: 550 no',
      'sender_foreign: Mail from shop@example.no is put off: the mail relay does not take mail of this sender: 550 no',
      'relay_slowed: Mail is put off: the mail relay wants less mail at a time: 451 slow',
    ],
    [
      {
        receivers: {
          failing: [failing('shop.example', 200), failing('flaky.example', 4)],
          takenAt: AT - 2 * MINUTE,
          callers: 2,
        },
      },
      'webhooks_host: All webhooks to shop.example fail: connection refused (200 in a row)',
    ],
    [
      {
        receivers: {
          failing: [failing('shop.example', 5), failing('news.example', 9)],
          takenAt: AT - 2 * MINUTE,
          callers: 2,
        },
      },
      'webhooks_all: All webhooks fail: none of the 2 hosts that they go to takes one (shop.example: connection refused)',
    ],
    // One of two callers has dead hosts; the only caller, or both, show that nothing goes out.
    ...[
      [2, 'kari', 'webhooks_host: All webhooks to a.example fail: connection refused (5 in a row)'],
      [1, 'kari', ALL_FAIL],
      [2, 'ola', ALL_FAIL],
    ].map(([callers, other, line]): [Partial<Facts>, ...string[]] => {
      const hosts = [
        { ...failing('a.example', 5), caller: 'kari' },
        { ...failing('b.example', 5), caller: String(other) },
      ];
      const second = 'webhooks_host: All webhooks to b.example fail: connection refused (5 in a row)';
      const lines = line === ALL_FAIL ? [ALL_FAIL] : [String(line), second];
      return [{ receivers: { failing: hosts, takenAt: null, callers: Number(callers) } }, ...lines];
    }),
    // One caller with many dead hosts hides nobody else's.
    [
      {
        receivers: {
          failing: [
            ...Array.from({ length: 40 }, (_, index) => {
              return { ...failing(`dead${index + 10}.example`, 9), since: AT - MINUTE + index, caller: 'kari' };
            }),
            { ...failing('shop.example', 5), caller: 'ola' },
          ],
          takenAt: AT - 1000,
          callers: 2,
        },
      },
      ...[10, 11, 12, 13, 14].map(
        (number) => `webhooks_host: All webhooks to dead${number}.example fail: connection refused (9 in a row)`,
      ),
      'webhooks_host: All webhooks of the key kari to 35 more hosts fail too (dead15.example: connection refused)',
      'webhooks_host: All webhooks to shop.example fail: connection refused (5 in a row)',
    ],
    // One that took some since is there.
    [
      {
        receivers: {
          failing: [failing('shop.example', 5), failing('news.example', 9)],
          takenAt: AT - 1000,
          callers: 2,
        },
      },
      'webhooks_host: All webhooks to news.example fail: connection refused (9 in a row)',
      'webhooks_host: All webhooks to shop.example fail: connection refused (5 in a row)',
    ],
    [
      {
        hosts: [{ host: 'alfa', skewMs: 0, stealPercent: null, disks: [] }],
        workers: [...others, worker('images', 1, { host: 'beta', skewMs: 7_200_000 })],
        ...report(),
      },
      'clock_off: The clock of beta is 2 h 0 min ahead of that of Redis, which is used',
    ],
    [
      {
        deployment: {
          remade: [],
          restored: [],
          refused: [{ host: 'beta', reason: 'id', storageId: 'xyz', at: ago(0) }],
        },
      },
      'foreign_host: A process on beta does not start: its storage belongs to another deployment (xyz)',
    ],
    [
      {
        deployment: {
          remade: [],
          restored: [],
          refused: [{ host: 'beta', reason: 'version', storageId: 'xyz', at: ago(0) }],
        },
      },
      'older_host: A process on beta does not start: a later version than its own has written the data',
    ],
    [
      { laterJobs: [{ kind: 'images', host: 'beta', job: 'img_1', at: AT - MINUTE }] },
      'job_later: A job waits for a newer version: the image workers of beta do not know what wrote img_1',
    ],
    [{ ...TWO_VERSIONS }],
    [
      { failedAlerts: [{ by: 'mail', to: 'ops@example.no', detail: 'Connection refused', at: AT - MINUTE }] },
      'alert_failed: The last alert was not told by mail to ops@example.no: connection refused',
    ],
    [
      { silent: ['the queues', 'the workers', 'the workers'] },
      'source_silent: Not known at the moment: the queues, the workers (no answer within 2 s)',
    ],
  ];
  it.each(rows.map(([changes, ...lines]) => [lines.join(' | ') || 'nothing', changes, lines] as const))(
    '%s',
    (_name, changes, lines) => {
      expect(linesOf(changes)).toEqual(lines);
    },
  );

  it('what is not said yet: shifts no name of what is said, by which alerts know it', async () => {
    const seen = facts({ ...TWO_VERSIONS, failedAlerts: [{ by: 'mail', to: 'a@b.example', detail: 'x', at: AT }] });
    const since = { note: async (names: readonly string[]) => new Map(names.map((name) => [name, AT])) };
    const watch = createVerdictWatch({ collect: async () => seen, since, keep: async () => {}, log });
    const { verdict, names } = await watch.read();
    expect([verdict.items.map(({ code }) => code), names]).toEqual([['alert_failed'], ['alert_failed:mail']]);
  });

  it('versions that differ: told of after an hour', () => {
    const found = findFaults(facts(TWO_VERSIONS));
    const judgeAfter = (ms: number) => judge(found, new Map([['versions_differ', AT - ms]]), AT);
    expect(judgeAfter(59 * MINUTE)).toMatchObject({ level: 'green', items: [] });
    expect(judgeAfter(60 * MINUTE)).toMatchObject({
      level: 'amber',
      items: [{ code: 'versions_differ', text: 'Different versions run: 0123456789ab on alfa, fedcba987654 on beta' }],
    });
  });

  it.each([
    [1, ''],
    [3, ', and 2 more'],
  ])(
    'schedules that nothing runs, %d of them: told of once a process that has started would have caught up',
    (count, more) => {
      const late = { caller: 'shop', name: 'monthly', dueMs: AT - 5 * MINUTE };
      const found = findFaults(facts({ lateSchedules: Array(count).fill(late) }));
      const judgeAfter = (ms: number) => judge(found, new Map([['schedules_late', AT - ms]]), AT);
      expect(judgeAfter(10_000).items).toEqual([]);
      expect(judgeAfter(15_000)).toMatchObject({
        level: 'red',
        text: `Schedules are not run: monthly of the key shop is 5 min late${more}`,
      });
    },
  );
});

describe('the verdict', () => {
  it('says the worst and since when; what knows its time says it itself', () => {
    const findings = findFaults(facts({ redis: redis({ usedBytes: 986e6 }), deaths: [death('web-0', 2000)] }));
    const since = new Map(findings.map((finding) => [nameOf(finding), AT - 15 * MINUTE]));
    expect(judge(findings, since, AT)).toEqual({
      level: 'red',
      since: '2026-11-29T19:25:00.000Z',
      text: 'Nothing is accepted: Redis is 98 % full since 19:25 UTC',
      items: [
        expect.objectContaining({ code: 'redis_memory', level: 'red', since: '2026-11-29T19:25:00.000Z' }),
        expect.objectContaining({ code: 'process_died', level: 'amber', since: ago(2000) }),
      ],
    });
    const paused = queue('reports', { paused: true, pausedSince: AT - MINUTE });
    expect(judgeFacts({ queues: [paused] })).toMatchObject({
      ...{ level: 'amber', since: ago(MINUTE), text: 'Reports paused 1 min ago; nothing waits' },
    });
    const inTwoParts = { code: 'relay_put_off', text: 'Mail is put off: 421 4.3.2 too busy; 12 wait' } as const;
    expect(judge([inTwoParts], new Map(), AT).text).toBe(`${inTwoParts.text} (since 19:40 UTC)`);
    expect(judge([], new Map(), AT)).toEqual({
      ...{ level: 'green', since: null, text: 'All is well: jobs are accepted and done', items: [] },
    });
  });

  it('what cannot be read is not judged', () => {
    const unknown = { queues: null, workers: null, deaths: null, reports: null, unloaded: null, deployment: null };
    expect(linesOf({ redis: { state: 'frozen' }, ...unknown })).toHaveLength(1);
  });

  it('docs/runbook.md has a row for each code, in their order', () => {
    const rows = rowsOf(sectionOf(readDocument('docs/runbook.md'), '## Verdicts'));
    expect(rows.slice(-Object.keys(VERDICT_CODES).length).map(([code]) => code)).toEqual(
      Object.keys(VERDICT_CODES).map((code) => `\`${code}\``),
    );
  });
});

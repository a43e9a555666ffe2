import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { ERROR_CODES } from '../../src/errors.ts';
import { writeMetrics } from '../../src/http/ops/write-metrics.ts';
import { addCounts, BOUNDS_MS, noFigures } from '../../src/queue/history/figures.ts';

const isThere = spawnSync('promtool', ['--version']).error === undefined;
if (!isThere) console.log('skipped: promtool is not installed (apt-get install prometheus)');

/** Runs promtool; answers its exit status and what it printed. */
function promtool(args: string[], input = ''): [number | null, string] {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return [status, stdout + stderr];
}

(isThere ? it : it.skip)('promtool has nothing against what /metrics writes', () => {
  const codes = Object.keys(ERROR_CODES).flatMap((code) => [`failed:${code}`, `back:${code}`]);
  const buckets = BOUNDS_MS.flatMap((_, index) => [`wait:${index + 1}`, `run:${index + 1}`]);
  const hash = Object.fromEntries(
    ['in', 'completed', ...codes, ...buckets, 'run:ms', 'wait:ms'].map((name) => [name, '3']),
  );
  const totals = addCounts(noFigures(), hash);
  const counts = {
    ...{ waiting: 1, delayed: 0, active: 0, completed: 0, failed: 0, cancelled: 0 },
    ...{ paused: false, pausedSince: null, pausedBy: null },
  };
  const dependency = { name: 'mail "relay" \\ of\nold', ok: true, detail: '', seenAt: '' };
  const worker = {
    kind: 'emails',
    id: 'a',
    host: 'a',
    pid: 1,
    concurrency: 1,
    running: 0,
    meanMs: null,
    startedAt: '',
  };
  const text = writeMetrics({
    counts: { webhooks: counts, emails: counts },
    workers: [{ ...worker, dependency }],
    restarts: { emails: 1 },
    oldestWaiting: {},
    totals: { webhooks: totals, emails: totals },
  });
  expect(promtool(['check', 'metrics'], text)).toEqual([0, '']);
});

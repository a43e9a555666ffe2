import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ERROR_CODES } from '../../../src/errors.ts';
import { writeMetrics } from '../../../src/http/ops/write-metrics.ts';
import { addCounts, BOUNDS_MS, noFigures } from '../../../src/queue/history/figures.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const isThere = spawnSync('promtool', ['--version']).error === undefined;
if (!isThere) console.log('skipped: promtool is not installed (apt-get install prometheus)');

/** Runs promtool; answers its exit status and what it printed. */
function promtool(args: string[], input = ''): [number | null, string] {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return [status, stdout + stderr];
}

const itAsks = isThere ? it : it.skip;

itAsks('promtool has nothing against what /metrics writes', () => {
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
    codes: ['clock_off'],
    queues: {
      counts: { webhooks: counts, emails: counts },
      workers: [{ ...worker, dependency }],
      restarts: { emails: 1 },
      oldestWaiting: {},
      totals: { webhooks: totals, emails: totals },
      schedules: { count: 0, lateMs: 0 },
    },
  });
  expect(promtool(['check', 'metrics'], text)).toEqual([0, '']);
});

const monitoring = join(import.meta.dirname, '../../../docs/monitoring');

itAsks('the alerts are valid, fire when they should, and are silent when nothing is wrong', () => {
  expect(promtool(['check', 'rules', join(monitoring, 'alerts.yml')])).toEqual([0, expect.stringContaining('SUCCESS')]);
  expect(promtool(['test', 'rules', join(monitoring, 'alerts.test.yml')])).toEqual([
    0,
    expect.stringContaining('SUCCESS'),
  ]);
});

itAsks('what the board asks Prometheus is valid', () => {
  const board = readFileSync(join(monitoring, 'dashboard.json'), 'utf8');
  const { panels } = JSON.parse(board) as { panels: { title: string; targets: { expr: string }[] }[] };
  const asked = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const rules = asked.map((expr, index) => ({
    record: `asked:${index}`,
    expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$kind', '.*'),
  }));
  const { path, remove } = makeTempDir();
  try {
    const file = join(path, 'asked.yml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'asked', rules }] }));
    expect(promtool(['check', 'rules', file])).toEqual([
      0,
      expect.stringContaining(`SUCCESS: ${asked.length} rules found`),
    ]);
  } finally {
    remove();
  }
});

import { describe, expect, it } from '@jest/globals';
import { gauge, histogram } from '../../../src/http/ops/exposition.ts';
import { writeMetrics } from '../../../src/http/ops/write-metrics.ts';
import { addCounts, noFigures } from '../../../src/queue/history/figures.ts';
import { VERDICT_CODES } from '../../../src/verdict/codes.ts';
import { quotedIn, readDocument, rowsOf } from '../docs/documents.ts';

const counts = {
  ...{ waiting: 1, delayed: 0, active: 0, completed: 0, failed: 0, cancelled: 0 },
  ...{ paused: false, pausedSince: null, pausedBy: null },
};
const totals = addCounts(noFigures(), {
  ...{ in: '9', completed: '3', cancelled: '2', erased: '1', 'failed:webhook_gone': '1', 'back:webhook_failed': '4' },
  ...{ 'run:1': '2', 'run:13': '1', 'run:ms': '2500' },
});
const text = writeMetrics({
  codes: ['queue_paused'],
  queues: {
    counts: { webhooks: counts },
    workers: [],
    restarts: {},
    oldestWaiting: { webhooks: 1500 },
    totals: { webhooks: totals },
    schedules: { count: 2, lateMs: 1500 },
  },
});
const linesOf = (name: string) => text.split('\n').filter((line) => line.startsWith(name));

it('what has happened: jobs by outcome and error, runs that were put back, deliveries', () => {
  expect(linesOf('heavylift_jobs_total')).toEqual([
    'heavylift_jobs_total{kind="webhooks",outcome="completed",error=""} 3',
    'heavylift_jobs_total{kind="webhooks",outcome="cancelled",error=""} 2',
    'heavylift_jobs_total{kind="webhooks",outcome="erased",error=""} 1',
    'heavylift_jobs_total{kind="webhooks",outcome="failed",error="webhook_gone"} 1',
  ]);
  expect(linesOf('heavylift_jobs_accepted_total')).toEqual(['heavylift_jobs_accepted_total{kind="webhooks"} 9']);
  expect(linesOf('heavylift_runs_put_back_total')).toEqual([
    'heavylift_runs_put_back_total{kind="webhooks",error="webhook_failed"} 4',
  ]);
  expect(linesOf('heavylift_webhook_deliveries_total')).toEqual([
    'heavylift_webhook_deliveries_total{outcome="delivered"} 3',
    'heavylift_webhook_deliveries_total{outcome="retried"} 4',
    'heavylift_webhook_deliveries_total{outcome="failed"} 1',
  ]);
  expect(linesOf('heavylift_schedules')).toEqual(['heavylift_schedules 2', 'heavylift_schedules_late_seconds 1.5']);
  expect(linesOf('heavylift_queue_oldest')).toEqual(['heavylift_queue_oldest_waiting_seconds{kind="webhooks"} 1.5']);
});

it('the verdict: each code, alone while Redis does not answer', () => {
  expect(linesOf('heavylift_verdict').filter((line) => line.endsWith(' 1'))).toEqual([
    'heavylift_verdict{code="queue_paused"} 1',
  ]);
  const alone = writeMetrics({ codes: ['redis_gone'], queues: null }).split('\n');
  expect(alone).toHaveLength(Object.keys(VERDICT_CODES).length + 3);
  expect(alone).toContain('heavylift_verdict{code="redis_gone"} 1');
});

it('a histogram: each bucket has those below too; labels are escaped', () => {
  const runs = linesOf('heavylift_job_run_seconds');
  expect([runs[0], runs.at(-4), runs.at(-3), runs.at(-2), runs.at(-1)]).toEqual([
    'heavylift_job_run_seconds_bucket{kind="webhooks",le="0.01"} 2',
    'heavylift_job_run_seconds_bucket{kind="webhooks",le="1800"} 2',
    'heavylift_job_run_seconds_bucket{kind="webhooks",le="+Inf"} 3',
    'heavylift_job_run_seconds_sum{kind="webhooks"} 2.5',
    'heavylift_job_run_seconds_count{kind="webhooks"} 3',
  ]);
  const labels = { name: 'a "b" \\ c\nd' };
  expect(gauge('x', 'X.', [{ labels, value: 1 }])).toContain('x{name="a \\"b\\" \\\\ c\\nd"} 1\n');
  expect(histogram('x', 'X.', [{ labels, bounds: [1], counts: [0, 0], sum: 0 }])).toContain('\\"b\\" \\\\ c\\nd');
});

it('docs/metrics.md has each metric with its type and its labels', () => {
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => {
    const [, labels = ''] = new RegExp(`^${name}(?:_bucket)?{(.*)}`, 'm').exec(text) ?? [];
    return [name, type, [...labels.matchAll(/(\w+)="/g)].flatMap(([, label = '']) => (label === 'le' ? [] : [label]))];
  });
  const rows = rowsOf(readDocument('docs/metrics.md')).filter(([name = '']) => name.startsWith('`heavylift_'));
  const written = rows.map(([name = '', type = '', labels = '']) => [quotedIn(name)[0], type, quotedIn(labels)]);
  const hasNoSample = ([name]: unknown[]) => name === 'heavylift_dependency_up';
  expect(written.filter((row) => !hasNoSample(row)).toSorted()).toEqual(
    types.filter((row) => !hasNoSample(row)).toSorted(),
  );
  expect(written.filter(hasNoSample)).toHaveLength(1);
});

describe('docs/monitoring', () => {
  const alerts = readDocument('docs/monitoring/alerts.yml');
  const board = readDocument('docs/monitoring/dashboard.json');

  it.each([
    ['alerts.yml', alerts],
    ['dashboard.json', board],
  ])('%s asks for no metric that is not there', (_name, document) => {
    const named = document.match(/heavylift_\w+/g)?.map((name) => name.replace(/_(?:bucket|sum|count)$/, '')) ?? [];
    const there = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((name) => !there.has(name))).toEqual([]);
  });

  it('the board asks for every metric', () => {
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    expect(names.filter((name) => !board.includes(name))).toEqual([]);
  });

  it('the alerts hold those codes of the verdict for amber that are', () => {
    const codes = Object.entries(VERDICT_CODES).flatMap(([code, { level }]) => (level === 'amber' ? [code] : []));
    const lists = [...alerts.matchAll(/code[=!]~"([^"]+)"/g)].map(([, list = '']) => list.split('|'));
    expect(lists.map((list) => list.toSorted())).toEqual([codes.toSorted(), codes.toSorted()]);
  });
});

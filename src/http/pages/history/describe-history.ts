import { now } from '../../../clock.ts';
import { ERROR_CODES } from '../../../errors.ts';
import { formatDuration, formatLabel, formatNumber } from '../../../kinds/formats.ts';
import { BOUNDS_MS, quantileMs, sumOf, type Times } from '../../../queue/history/figures.ts';
import { MINUTE_MS, type Step, sumSteps } from '../../../queue/history/history.ts';
import type { RecentFailures } from '../../../queue/history/recent-failures.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import { listUrl } from '../job-list/filters.ts';
import { type Chart, drawChart, outOf } from './draw-chart.ts';

/** What is drawn: a minute for each step, and ten of them. */
const HOUR = { steps: 60, stepMs: MINUTE_MS, title: 'Last hour', begin: '1 h ago' };
const DAY = { steps: 144, stepMs: 10 * MINUTE_MS, title: 'Last day', begin: '24 h ago' };

/** One chart, every text ready. */
interface ChartView extends Chart {
  title: string;
  begin: string;
  /** What the upper edge stands for: "20 a minute". */
  edge: string;
  sums: { in: string; out: string; failed: string };
  hasFailed: boolean;
  /** The same as a sentence, for those who do not see it. */
  sentence: string;
}

/** Failures of one error within the last hour, every text ready. */
interface ErrorView {
  count: string;
  title: string;
  code: string;
  /** The id of a job that failed so; null where none is left. */
  sample: string | null;
  /** Where all of them are run again. */
  again: string;
}

/** What has happened to the jobs of a kind, as `admin-history` shows it. */
export interface HistoryView {
  charts: ChartView[];
  /** Of the last hour; none where nothing ran. */
  times: { name: string; p50: string; p95: string }[];
  errors: ErrorView[];
}

/** Reads what has happened to the jobs of each kind; null for a kind that had none within the last day. */
export async function readHistories(
  producer: Pick<Producer, 'history' | 'recentFailures'>,
): Promise<Record<string, HistoryView | null>> {
  const [hours, days, failures] = await Promise.all([
    producer.history.read(HOUR),
    producer.history.read(DAY),
    producer.recentFailures(),
  ]);
  return Object.fromEntries(
    Object.entries(hours).map(([kind, hour]) => [kind, describeHistory(kind, hour, days[kind] ?? [], failures[kind])]),
  );
}

function describeHistory(
  kind: string,
  hour: readonly Step[],
  day: readonly Step[],
  recent?: RecentFailures,
): HistoryView | null {
  const ofDay = sumSteps(day);
  if (ofDay.in + outOf(ofDay) === 0) return null;
  const { wait, run } = sumSteps(hour);
  return {
    charts: [describeChart(kind, hour, HOUR), describeChart(kind, day, DAY)],
    times: [...describeTimes('Wait', wait), ...describeTimes('Run', run)],
    errors: (recent?.errors ?? []).map(({ error, count, sample }) => ({
      count: formatNumber(count),
      title: ERROR_CODES[error].title,
      code: error,
      sample,
      again: listUrl({ action: 'retry', kind, state: 'failed', error }, '/jobs/actions'),
    })),
  };
}

function describeChart(kind: string, steps: readonly Step[], { stepMs, title, begin }: typeof HOUR): ChartView {
  const sum = sumSteps(steps);
  const failed = sumOf(sum.failed);
  const chart = drawChart(steps, stepMs, now());
  const sums = { in: formatNumber(sum.in), out: formatNumber(outOf(sum)), failed: formatNumber(failed) };
  const edge = `${chart.top < 1 ? chart.top : formatNumber(chart.top)} a minute`;
  const sentence = `${formatLabel(kind)}, ${title.toLowerCase()}: ${sums.in} came in, ${sums.out} went out, ${sums.failed} of these failed. The chart goes up to ${edge}.`;
  return { ...chart, title, begin, edge, sums, hasFailed: failed > 0, sentence };
}

function describeTimes(name: string, times: Times): HistoryView['times'] {
  const [p50, p95] = [quantileMs(times, 0.5), quantileMs(times, 0.95)];
  return p50 === null || p95 === null ? [] : [{ name, p50: describeTime(p50), p95: describeTime(p95) }];
}

const LONGEST_MS = BOUNDS_MS[BOUNDS_MS.length - 1] as number;

const describeTime = (ms: number): string =>
  ms < LONGEST_MS ? formatDuration(ms) : `over ${LONGEST_MS / MINUTE_MS} min`;

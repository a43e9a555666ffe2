import { afterAll, afterEach } from '@jest/globals';
import { pino } from 'pino';
import type { FinishedJob } from '../../../../src/jobs/processor.ts';
import { defaultConfig } from '../../../../workers/config.ts';
import { createProcessor } from '../../../../workers/reports/processor.ts';
import { type Bench, checkPdf, openBench, readPages } from '../bench.ts';

/** The processor of reports, as a worker has it. */
export const processor = createProcessor({ config: defaultConfig(), log: pino({ level: 'silent' }) });
afterAll(() => processor.close?.());

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.remove();
});

/** A report's bench; `jobs` are those it may refer to. */
export async function prepare(fields: Record<string, unknown>, jobs: FinishedJob[] = []): Promise<Bench> {
  const bench = await openBench(fields);
  benches.push(bench);
  const find = async (id: string): Promise<FinishedJob> =>
    jobs.find((job) => job.id === id) ?? { id, state: 'missing', files: [] };
  return { ...bench, context: { ...bench.context, jobs: { find } } };
}

/** Draws the report of a bench: its result, its PDF, and the words of each page. */
export async function drawIn(bench: Bench) {
  const { result } = await processor.process(bench.job, bench.context);
  const pdf = bench.path('report.pdf');
  await checkPdf(pdf);
  const pages = await readPages(pdf);
  return { result, pdf, pages: pages.map((page) => page.replace(/\s+/g, ' ').trim()) };
}

/** Draws a report of these fields. */
export const draw = async (fields: Record<string, unknown>) => drawIn(await prepare(fields));

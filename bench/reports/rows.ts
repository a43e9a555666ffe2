import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { median } from '../figures.ts';
import type { ReportRun } from './runs.ts';

/**
 * How time and memory grow with the rows of a table: from CSV, NDJSON and XLSX, the same six columns and a sum. Each run
 * has a process of its own; rounds alternate. `--beside DIR` runs the same script of another checkout in the same
 * rounds, where it knows the format; CPU is that of all threads, which a busy machine changes least.
 *
 *     npm run bench:report-rows -- --rows 10000,100000 --rounds 5 --beside ../before
 */
const { values: asked } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000,100000,1000000' },
    rounds: { type: 'string', default: '3' },
    beside: { type: 'string' },
  },
});
const FORMATS = { heavylift: 'CSV', ndjson: 'NDJSON', workbook: 'XLSX' };
const HERE = new URL('../..', import.meta.url).pathname;
const run = promisify(execFile);

/** One run; undefined where the checkout can't. */
async function measure(checkout: string, what: string, rows: number): Promise<ReportRun | undefined> {
  const own = join(checkout, 'node_modules/node/bin/node');
  const node = existsSync(own) ? own : process.execPath;
  try {
    const { stdout } = await run(node, ['bench/reports/runs.ts', what, String(rows)], { cwd: checkout });
    return JSON.parse(stdout);
  } catch (error) {
    if (checkout === HERE) throw error;
    return undefined;
  }
}

const middle = (runs: ReportRun[], figure: keyof ReportRun): number => median(runs.map((one) => one[figure]));
const write = (cells: string[]): void => console.log(cells.map((cell, at) => cell.padStart(at < 2 ? 8 : 11)).join(''));

const heads = ['rows', 'from', 'rows/s', 'CPU s', 'peak MB', 'CPU to CSV'];
write(asked.beside === undefined ? heads : [...heads, 'rows/s', 'CPU s', 'peak MB', 'before/now']);
for (const rows of asked.rows.split(',').map(Number)) {
  let csv: ReportRun[] = [];
  for (const [what, name] of Object.entries(FORMATS)) {
    const own: ReportRun[] = [];
    const before: ReportRun[] = [];
    for (let round = 0; round < Number(asked.rounds); round += 1) {
      const other = asked.beside === undefined ? undefined : await measure(asked.beside, what, rows);
      if (other) before.push(other);
      own.push((await measure(HERE, what, rows)) as ReportRun);
    }
    if (csv.length === 0) csv = own;
    const figuresOf = (runs: ReportRun[]): string[] => [
      middle(runs, 'perSecond').toFixed(0),
      middle(runs, 'cpuSeconds').toFixed(2),
      middle(runs, 'peakMb').toFixed(0),
    ];
    const ratioTo = (runs: ReportRun[]): string =>
      median(runs.map((one, at) => one.cpuSeconds / (own[at]?.cpuSeconds ?? Number.NaN))).toFixed(2);
    const toCsv = middle(own, 'cpuSeconds') / middle(csv, 'cpuSeconds');
    const beside = before.length === own.length ? [...figuresOf(before), ratioTo(before)] : [];
    write([String(rows), name, ...figuresOf(own), toCsv.toFixed(2), ...beside]);
  }
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { median } from '../figures.ts';
import type { ReportRun } from './runs.ts';

/**
 * How fast reports are drawn: tables of six columns from a CSV, through the pool's thread, beside the same cells placed
 * by hand with pdfkit (`doc.text` with `lineBreak: false`, header on each page) and beside pdfkit's own `doc.table`.
 * Each run has a process of its own; rounds alternate. Then two-page reports with a chart, one after the other.
 */
const ROUNDS = 3;
const SIZES = [1000, 10_000, 100_000];
/** pdfkit's table needs half a minute for more. */
const MOST_TABLE_ROWS = 10_000;
const NAMES: Record<string, string> = {
  heavylift: 'heavylift',
  workbook: 'heavylift, of XLSX',
  files: 'heavylift, XLSX and CSV too',
  hand: 'doc.text, same font',
  'hand-standard': 'doc.text, Helvetica',
  table: 'doc.table, Helvetica',
};
const run = promisify(execFile);

async function measure(what: string, rows: number): Promise<ReportRun> {
  const script = new URL('./runs.ts', import.meta.url).pathname;
  const { stdout } = await run(process.execPath, [script, what, String(rows)]);
  return JSON.parse(stdout);
}

const middle = (runs: ReportRun[], figure: 'perSecond' | 'peakMb') => median(runs.map((one) => one[figure]));

console.log(`rows of six columns, medians of ${ROUNDS} rounds; peak memory of the whole process\n`);
console.log('rows     drawn by                       rows/s   peak MB   heavylift is');
for (const rows of SIZES) {
  const drawers = [
    'heavylift',
    'workbook',
    'files',
    'hand',
    'hand-standard',
    ...(rows > MOST_TABLE_ROWS ? [] : ['table']),
  ];
  const runs: Record<string, ReportRun[]> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const drawer of drawers) runs[drawer] = [...(runs[drawer] ?? []), await measure(drawer, rows)];
  }
  for (const drawer of drawers) {
    const own = runs[drawer] ?? [];
    const ratios = own.map(({ perSecond }, round) => (runs['heavylift']?.[round]?.perSecond ?? 0) / perSecond);
    const name = NAMES[drawer] ?? drawer;
    const figures = [
      String(rows).padEnd(8),
      name.padEnd(28),
      middle(own, 'perSecond').toFixed(0).padStart(8),
      middle(own, 'peakMb').toFixed(0).padStart(9),
    ];
    console.log(figures.join(' '), drawer === 'heavylift' ? '' : `  ${median(ratios).toFixed(2)} times as fast`);
  }
}
const small: ReportRun[] = [];
for (let round = 0; round < ROUNDS; round += 1) small.push(await measure('small', 200));
console.log(`\ntwo pages with a chart, one worker: ${middle(small, 'perSecond').toFixed(0)} reports/s`);

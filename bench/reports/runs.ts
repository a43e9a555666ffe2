import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import PDFDocument from 'pdfkit';
import { reports } from '../../workers/reports/job.ts';
import { createRenderPool, type RenderPool } from '../../workers/reports/render/pool.ts';
import { writeWorkbook } from './workbook.ts';

/** One run in a process of its own: `node bench/reports/runs.ts <what> <rows>` prints this as JSON. */
export interface ReportRun {
  perSecond: number;
  /** Of all its threads, from when the time began. */
  cpuSeconds: number;
  peakMb: number;
}

const KEYS = ['id', 'date', 'region', 'item', 'amount', 'note'] as const;
const TITLES = ['No.', 'Date', 'Region', 'Item', 'Amount', 'Note'];
const WIDTHS = [50, 70, 70, 110, 90, 110];
const FONTS = '@expo-google-fonts/source-sans-3';
const folder = mkdtempSync(join(tmpdir(), 'heavylift-bench-'));
const pdf = join(folder, 'report.pdf');

const cpuSeconds = (): number => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return (userCPUTime + systemCPUTime) / 1e6;
};
let begunAt = 0;
let cpuBefore = 0;
const beginTimer = () => {
  begunAt = performance.now();
  cpuBefore = cpuSeconds();
};

const cellsOf = (index: number): string[] => [
  String(index + 1),
  `2026-10-${String((index % 28) + 1).padStart(2, '0')}`,
  `Region ${index % 7}`,
  `Item number ${(index * 7919) % 1000}`,
  ((index * 137) / 100).toFixed(2),
  `a note of some words ${index % 13}`,
];

const FORMATS: Record<string, string> = { id: 'number', date: 'date', amount: 'currency:NOK' };
const columns = KEYS.map((key, index) => ({
  key,
  title: TITLES[index],
  ...(FORMATS[key] && { format: FORMATS[key] }),
}));
const inputOf = (blocks: object[], formats = ['pdf']) =>
  reports.input.parse({ locale: 'nb-NO', formats, data: { title: 'Sales', blocks } });

function draw(pool: RenderPool, blocks: object[], formats?: string[]) {
  const files = { 'file sales': { path: join(folder, 'sales.csv'), name: 'the file "sales"' } };
  const task = {
    input: inputOf(blocks, formats),
    createdAt: new Date(0),
    pdf,
    files,
    folder,
    maxRows: 1e7,
    maxPages: 1e6,
  };
  return pool.render(task, { signal: new AbortController().signal, onProgress: () => {} });
}

function* listRows(rows: number): Iterable<readonly string[]> {
  for (let index = 0; index < rows; index += 1) yield cellsOf(index);
}

const toObject = (cells: readonly string[]): object =>
  Object.fromEntries(cells.map((cell, at) => [KEYS[at], /^\d+(?:\.\d+)?$/.test(cell) ? Number(cell) : cell]));

/** The text of a data file, a piece for many rows: nothing of it stays in the memory that is measured. */
function* writeText(rows: number): Iterable<string> {
  let piece = what === 'ndjson' ? '' : `${KEYS.join()}\n`;
  for (const cells of listRows(rows)) {
    piece += what === 'ndjson' ? `${JSON.stringify(toObject(cells))}\n` : `${cells.join()}\n`;
    if (piece.length < 100_000) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

async function drawRows(pool: RenderPool, rows: number): Promise<void> {
  const file = join(folder, 'sales.csv');
  if (what === 'workbook') await writeWorkbook(file, KEYS, listRows(rows));
  else await pipeline(Readable.from(writeText(rows)), createWriteStream(file));
  const formats = what === 'files' ? ['pdf', 'xlsx', 'csv'] : ['pdf'];
  beginTimer();
  await draw(pool, [{ type: 'table', columns, rows: { file: 'sales' }, totals: { amount: 'sum' } }], formats);
}

async function drawSmall(pool: RenderPool, count: number): Promise<void> {
  const rows = Array.from({ length: 40 }, (_, index) =>
    Object.fromEntries(cellsOf(index).map((text, at) => [KEYS[at], text])),
  );
  const categories = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'];
  const series = [{ name: '2026', values: [3, 1, 4, 1, 5, 9] }];
  const blocks = [
    { type: 'text', text: 'Sales of the **half year**, by month and by item.' },
    { type: 'chart', chart: 'bar', title: 'Sales', categories, series, alt: 'Sales by month' },
    { type: 'table', columns, rows, totals: { amount: 'sum' } },
  ];
  await draw(pool, blocks);
  beginTimer();
  for (let index = 0; index < count; index += 1) await draw(pool, blocks);
}

/**
 * A document on the same paper, to a file: in the product's font, which pdfkit lays out anew for each text, or in
 * Helvetica, which isn't embedded and knows nothing beyond Western European letters: the fastest there is.
 */
function openDocument(font: 'embedded' | 'standard'): { doc: PDFKit.PDFDocument; end(): Promise<void> } {
  const require = createRequire(import.meta.url);
  const doc = new PDFDocument({ size: 'A4', margin: 50 });
  const file = require.resolve(`${FONTS}/400Regular/SourceSans3_400Regular.ttf`);
  doc.font(font === 'embedded' ? file : 'Helvetica').fontSize(9);
  const written = pipeline(doc, createWriteStream(pdf));
  return {
    doc,
    async end() {
      doc.end();
      await written;
    },
  };
}

const date = new Intl.DateTimeFormat('nb-NO', { dateStyle: 'medium', timeZone: 'UTC' });
const amount = new Intl.NumberFormat('nb-NO', { style: 'currency', currency: 'NOK' });
const whole = new Intl.NumberFormat('nb-NO');

/** What a program that places cells by hand has to do itself: numbers and dates as the locale has them. */
function printedCells(index: number): string[] {
  const [id = '', day = '', region = '', item = '', value = '', note = ''] = cellsOf(index);
  return [whole.format(Number(id)), date.format(new Date(day)), region, item, amount.format(Number(value)), note];
}

async function placeByHand(rows: number, font: 'embedded' | 'standard'): Promise<void> {
  beginTimer();
  const { doc, end } = openDocument(font);
  const place = (cells: string[], y: number) => {
    let x = 50;
    for (const [column, cell] of cells.entries()) {
      doc.text(cell, x, y, { lineBreak: false });
      x += WIDTHS[column] ?? 0;
    }
  };
  let y = 50;
  place(TITLES, y);
  for (let index = 0; index < rows; index += 1) {
    y += 20;
    if (y > 760) {
      doc.addPage();
      y = 50;
      place(TITLES, y);
      y += 20;
    }
    place(printedCells(index), y);
    doc
      .moveTo(50, y + 14)
      .lineTo(550, y + 14)
      .lineWidth(0.5)
      .stroke();
  }
  await end();
}

async function drawTable(rows: number): Promise<void> {
  beginTimer();
  const { doc, end } = openDocument('standard');
  doc.table({
    columnStyles: WIDTHS,
    data: [TITLES, ...Array.from({ length: rows }, (_, index) => printedCells(index))],
  });
  await end();
}

const [what = '', given] = process.argv.slice(2);
const count = Number(given);
try {
  if (what === 'hand') await placeByHand(count, 'embedded');
  else if (what === 'hand-standard') await placeByHand(count, 'standard');
  else if (what === 'table') await drawTable(count);
  else {
    const pool = createRenderPool(1);
    // Both begin with their modules loaded.
    await draw(pool, []);
    await (what === 'small' ? drawSmall(pool, count) : drawRows(pool, count));
    await pool.close();
  }
  const perSecond = (count * 1000) / (performance.now() - begunAt);
  const peakMb = process.resourceUsage().maxRSS / 1000;
  const run = { perSecond, peakMb, cpuSeconds: cpuSeconds() - cpuBefore } satisfies ReportRun;
  console.log(JSON.stringify(run));
} finally {
  rmSync(folder, { recursive: true });
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSources } from '../../../../workers/reports/data/analyse/read-sources.ts';
import { readTables } from '../../../../workers/reports/data/analyse/read-tables.ts';
import { countCharts } from '../../../../workers/reports/data/charts/count-charts.ts';
import { sourceKey } from '../../../../workers/reports/data/read/row-file.ts';
import { shapeRows } from '../../../../workers/reports/data/shape/shape-rows.ts';
import type { ChartBlock } from '../../../../workers/reports/input/chart.ts';
import { isInline, type RowsSource } from '../../../../workers/reports/input/table.ts';
import { reports } from '../../../../workers/reports/job.ts';
import { messagesFor } from '../../../../workers/reports/locales/index.ts';
import type { Block } from '../../../../workers/reports/model.ts';

/** How a block is read in a test. */
interface Options {
  locale?: string;
  strict?: boolean;
  folder?: string;
  timeZone?: string;
}

/** Plain spaces in place of those that don't break. */
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ');

function settle(fields: object, rows: object | undefined, { locale = 'en-GB', strict = false }: Options) {
  const data = { title: 'T', blocks: [{ ...fields, rows }] };
  const input = reports.input.parse({ locale, strict, data });
  if (input.template !== 'document') throw new Error('this is a document');
  const lang = new Intl.Locale(locale).language;
  const [block] = input.data.blocks;
  const messages = messagesFor(lang);
  const pointers = new Map<Block, string>([[block as Block, '/data/blocks/0']]);
  return { block: block as Block, setting: { locale, lang, messages, isStrict: strict, pointers } };
}

async function readBlock(fields: object, content: string | Uint8Array | object[], dir: string, options: Options) {
  const given = (fields as { rows?: object }).rows ?? { file: 'sales' };
  const { block, setting } = settle(fields, Array.isArray(content) ? content : given, options);
  const { rows } = block as { rows: RowsSource | [] };
  const files = isInline(rows) ? {} : { [sourceKey(rows)]: { path: join(dir, 'data'), name: 'the file "sales"' } };
  if (!Array.isArray(content)) writeFileSync(join(dir, 'data'), content);
  const { locale } = setting;
  const { folder, timeZone } = options;
  const rowsOf = await readSources([block], { files, folder, maxRows: 1e6, locale, timeZone, onBytes: () => {} });
  return { block, setting, rowsOf: shapeRows(rowsOf, { ...setting, folder }) };
}

/** Reads a table of these rows as a worker does: a file's content, or rows inside the request. */
export async function readTable(
  fields: object,
  content: string | Uint8Array | object[],
  dir: string,
  options: Options = {},
) {
  const { block, setting, rowsOf } = await readBlock({ type: 'table', ...fields }, content, dir, options);
  const tables = readTables([block], rowsOf, { ...setting, maxRows: 1e6, onRows: () => {} });
  const table = tables.get(block);
  if (!table) throw new Error('the table was not read');
  return {
    keys: table.columns.map(({ key, title }) => title ?? key),
    formats: table.columns.map(({ format }) => format),
    rows: [...table.rows()].map(({ texts }) => texts.map(plain)),
    entries: table.entries,
    totals: table.totals.map((texts) => texts.map(plain)),
    notes: table.notes.map(plain),
    warnings: table.warnings,
  };
}

/** Counts a chart of these rows as a worker does. */
export async function readChart(
  fields: object,
  content: string | Uint8Array | object[],
  dir: string,
  options: Options = {},
) {
  const look = { type: 'chart', chart: 'bar', ...fields };
  const { block, setting, rowsOf } = await readBlock(look, content, dir, options);
  const [chart] = countCharts([block], { ...setting, rowsOf }) as ChartBlock[];
  if (!chart) throw new Error('the chart was not counted');
  const { categories, series, format, rightFormat, warnings = [], notes = [] } = chart;
  return { categories, values: series.map(({ values }) => values), series, format, rightFormat, warnings, notes };
}

/** The same of a chart that comes with its numbers. */
export function giveChart(fields: object, options: Options = {}) {
  const { block, setting } = settle({ type: 'chart', chart: 'bar', ...fields }, undefined, options);
  const rowsOf = () => {
    throw new Error('the chart has no rows');
  };
  const [chart] = countCharts([block], { ...setting, rowsOf }) as ChartBlock[];
  if (!chart) throw new Error('the chart is gone');
  const { categories, series } = chart;
  return { categories, values: series.map(({ values }) => values) };
}

import { type ChartBlock, type CountedChart, isCounted } from '../../input/chart.ts';
import { cellValue, isInline, type RowsSource } from '../../input/table.ts';
import type { Messages } from '../../locales/messages.ts';
import type { Block } from '../../model.ts';
import { toNumber } from '../../text/formats.ts';
import { BadData } from '../read/bad-data.ts';
import { readRows } from '../read/read-rows.ts';
import { type RowFile, sourceKey, startWith } from '../read/row-file.ts';
import { type ChartCount, createChartCount, valueKeys } from './chart-count.ts';

/** Where the data files are, and what they are counted with. */
export interface CountChartsSetting {
  /** By `sourceKey`. */
  files: Record<string, RowFile>;
  /** Most rows of one file. */
  maxRows: number;
  locale: string;
  messages: Messages;
}

const nameOf = ({ title, category }: CountedChart): string => `The chart ${title ? `"${title}"` : `by "${category}"`}`;

const tooMany = (chart: CountedChart): BadData =>
  new BadData(
    `${nameOf(chart)} has too many different values of "${chart.category}": ` +
      'count by another column, or dates with "by": "month".',
  );

function addRow(count: ChartCount, chart: CountedChart, category: unknown, values: unknown[]): void {
  if (!count.add(category, values)) throw tooMany(chart);
}

function countInline(chart: CountedChart, { locale, messages }: CountChartsSetting): ChartCount {
  const rows = isInline(chart.rows) ? chart.rows : [];
  const keys = valueKeys(chart);
  for (const key of [chart.category, ...keys]) {
    if (rows.length > 0 && !rows.some((row) => Object.hasOwn(row, key))) {
      throw new BadData(`${nameOf(chart)} asks for "${key}", which no row has.`);
    }
  }
  const count = createChartCount(chart, { locale, messages, readNumber: toNumber });
  for (const row of rows) {
    const values = keys.map((key) => cellValue(row, key));
    addRow(count, chart, cellValue(row, chart.category), values);
  }
  return count;
}

async function countFile(chart: CountedChart, setting: CountChartsSetting): Promise<ChartCount> {
  const { locale, messages, maxRows } = setting;
  const file = setting.files[sourceKey(chart.rows as RowsSource)];
  if (!file) throw new BadData(`${nameOf(chart)} has no data file.`);
  let rowsLeft = maxRows;
  let readNumber: (value: unknown) => number | undefined = toNumber;
  const count = createChartCount(chart, { locale, messages, readNumber: (value) => readNumber(value) });
  // A column may be asked for twice, a file's is looked up once.
  const keys = [...new Set([chart.category, ...valueKeys(chart)])];
  const places = valueKeys(chart).map((key) => keys.indexOf(key));
  await readRows(
    file,
    keys.map((key) => ({ key })),
    {
      begin(_, reader) {
        readNumber = reader;
      },
      row(values) {
        rowsLeft -= 1;
        if (rowsLeft < 0) {
          throw new BadData(`${startWith(file)} has more than ${maxRows.toLocaleString('en')} rows: split it.`);
        }
        const [category] = values;
        addRow(
          count,
          chart,
          category,
          places.map((place) => values[place]),
        );
      },
      bytes() {},
    },
  );
  return count;
}

/** Counting may come to what can't be drawn. */
function checkCounted(chart: CountedChart, counted: ChartBlock): ChartBlock {
  const values = counted.series.flatMap((series) => series.values);
  const isParts = chart.chart === 'pie' || (chart.chart === 'area' && counted.series.length > 1);
  if (isParts && values.some((value) => value !== null && value < 0)) {
    throw new BadData(`${nameOf(chart)} has a sum below zero, which has no place in a whole: draw bars instead.`);
  }
  if (values.some((value) => value !== null && Math.abs(value) > 1e15)) {
    throw new BadData(`${nameOf(chart)} has a sum beyond 1e15, which can't be drawn.`);
  }
  return counted;
}

async function countChart(chart: CountedChart, setting: CountChartsSetting): Promise<ChartBlock> {
  const count = isInline(chart.rows) ? countInline(chart, setting) : await countFile(chart, setting);
  const counted = count.finish();
  if (!counted) throw tooMany(chart);
  return checkCounted(chart, counted);
}

/** Most charts that count rows of files: each of them reads its file. */
const MAX_FILE_CHARTS = 50;

/** How many charts count rows of files, those in columns too. */
function countFileCharts(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => {
    if (block.type === 'columns') return sum + countFileCharts(block.columns.flat());
    return sum + (block.type === 'chart' && isCounted(block) && !isInline(block.rows) ? 1 : 0);
  }, 0);
}

async function fillCharts<Some extends Block>(blocks: Some[], setting: CountChartsSetting): Promise<Some[]> {
  const filled: Some[] = [];
  for (const block of blocks) {
    if (block.type === 'chart' && isCounted(block)) filled.push((await countChart(block, setting)) as Some);
    else if (block.type === 'columns') {
      const columns = [];
      for (const column of block.columns) columns.push(await fillCharts(column, setting));
      filled.push({ ...block, columns });
    } else filled.push(block);
  }
  return filled;
}

/** Blocks with the numbers of every chart that counts rows, those in columns too. Throws BadData. */
export async function countCharts(blocks: Block[], setting: CountChartsSetting): Promise<Block[]> {
  const fileCharts = countFileCharts(blocks);
  if (fileCharts > MAX_FILE_CHARTS) {
    const count = `${fileCharts} charts that count rows of files, at most ${MAX_FILE_CHARTS} may`;
    throw new BadData(`The report has ${count}: split it into several reports.`);
  }
  return fillCharts(blocks, setting);
}

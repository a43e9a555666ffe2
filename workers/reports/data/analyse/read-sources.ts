import { join } from 'node:path';
import type { TableBlock } from '../../input/blocks.ts';
import { type CountedChart, isCounted } from '../../input/chart.ts';
import { REST } from '../../input/columns.ts';
import { isInline, type RowsSource, type SourceOptions } from '../../input/table.ts';
import type { Block } from '../../model.ts';
import { valueKeys } from '../charts/chart-count.ts';
import { createInlineRows, type DataRows, encodeValue, RawRows } from '../data-rows.ts';
import { markOfTable, markTotals } from '../own-totals/own-totals.ts';
import { findTotalLabel, MOST_CALLED } from '../own-totals/total-label.ts';
import { BadData } from '../read/bad-data.ts';
import { readRows } from '../read/read-rows.ts';
import { type RowFile, sourceKey, startWith } from '../read/row-file.ts';
import { createRowStore } from '../row-store.ts';
import { namedKeys } from '../shape/named-keys.ts';
import { needsOfNamed } from '../shape/named-needs.ts';
import { createEvidence, type Evidence, type Need } from '../values/evidence.ts';
import { needsOf } from './column-reader.ts';

/** Where the data files are, and what they are read with. */
export interface SourceSetting {
  /** By `sourceKey`. */
  files: Record<string, RowFile>;
  /** A folder for what doesn't fit into memory; without it everything does. */
  folder?: string | undefined;
  /** Most rows of all files together. */
  maxRows: number;
  /** Most bytes of a part of a workbook, unpacked. */
  maxUnpackedBytes?: number | undefined;
  locale: string;
  /** Where the wall clock hangs that moments are read on; without it as they were written. */
  timeZone?: string | undefined;
  /** A column that all rows must have, whoever asks for it. */
  splitBy?: string | undefined;
  /** Called with the size of each piece that was read. */
  onBytes(bytes: number): void;
}

/** What blocks want of the rows that they share: columns by their keys, or all, and what is to be known of them. */
interface Wish {
  rows: RowsSource;
  keys: Set<string> | undefined;
  needs: Need[];
  /** Whether any of them adds them up, or counts them. */
  isCounted: boolean;
}

/** A block that is made of rows. */
export type RowsBlock = TableBlock | CountedChart;

/** Finds the blocks that are made of rows, those in columns too. */
export function rowsBlocksOf(blocks: readonly Block[]): RowsBlock[] {
  return blocks.flatMap((block): RowsBlock[] => {
    if (block.type === 'columns') return rowsBlocksOf(block.columns.flat());
    if (block.type === 'table') return [block];
    return block.type === 'chart' && isCounted(block) ? [block] : [];
  });
}

/** Whether a column's numbers are summed up below the table. */
export function isSummed({ totals, sums }: TableBlock, key: string): boolean {
  const total = totals && Object.hasOwn(totals, key) ? totals[key] : undefined;
  return total === undefined ? sums === true : total !== 'count';
}

const hasRest = ({ columns }: TableBlock): boolean => columns?.some(({ key }) => key === REST) === true;

/** All keys of rows inside the request; what a file has is seen when it is read. */
const restKeys = ({ rows }: TableBlock): string[] | undefined =>
  isInline(rows) ? [...new Set(rows.flatMap((row) => Object.keys(row)))] : undefined;

/** The keys that a block wants, undefined for all of them. */
export function keysOf(block: RowsBlock): string[] | undefined {
  const named = namedKeys(block.type === 'table' ? block : { filter: block.filter }).map(({ key }) => key);
  if (block.type !== 'table') return [...new Set([block.category, ...valueKeys(block), ...named])];
  const own = hasRest(block) ? restKeys(block) : block.columns?.flatMap((one) => (one.value ? [] : [one.key]));
  return own && [...new Set([...own, ...named])];
}

/** What is to be known of a block's columns before its rows are read. */
function blockNeeds(block: RowsBlock, timeZone?: string): Need[] {
  return needsOfBlock(block).map((need) => (need.what === 'date' ? { ...need, timeZone } : need));
}

function needsOfBlock(block: RowsBlock): Need[] {
  const options: SourceOptions = isInline(block.rows) ? {} : block.rows;
  if (block.type === 'chart') {
    const dateFormat = block.dateFormat ?? options.dateFormat;
    const numbers = valueKeys(block).map((key): Need => ({ key, what: 'number' }));
    const named = needsOfNamed({ filter: block.filter }, options.dateFormat);
    return [{ key: block.category, what: 'date', dateFormat }, ...numbers, ...named];
  }
  const named = needsOfNamed(block, options.dateFormat);
  if (block.columns) {
    const read = block.columns.filter(({ value }) => value === undefined);
    const needs = read.flatMap((column) => needsOf(column, isSummed(block, column.key), options));
    return [...needs.map((need) => (need.key === REST ? { ...need, key: undefined } : need)), ...named];
  }
  if (block.sums) return [{ key: undefined, what: 'number' }, ...named];
  return [...Object.keys(block.totals ?? {}).map((key): Need => ({ key, what: 'number' })), ...named];
}

const hasTotals = ({ totals, sums }: TableBlock): boolean => sums === true || Object.keys(totals ?? {}).length > 0;

function collectWishes(
  blocks: readonly RowsBlock[],
  { splitBy, timeZone }: Pick<SourceSetting, 'splitBy' | 'timeZone'> = {},
): Map<string, Wish> {
  const wishes = new Map<string, Wish>();
  for (const block of blocks) {
    if (isInline(block.rows)) continue;
    const key = sourceKey(block.rows);
    const keys = keysOf(block);
    const known = wishes.get(key);
    const wish = known ?? {
      rows: block.rows,
      keys: new Set<string>(splitBy === undefined ? [] : [splitBy]),
      needs: [],
      isCounted: false,
    };
    if (!keys) wish.keys = undefined;
    for (const one of keys ?? []) wish.keys?.add(one);
    wish.isCounted ||= block.type === 'chart' || hasTotals(block);
    wish.needs.push(...blockNeeds(block, timeZone));
    wishes.set(key, wish);
  }
  return wishes;
}

/** Of a workbook's columns, which are judged where nothing is asked. */
const ALL_NEEDS: Need[] = [
  { key: undefined, what: 'number' },
  { key: undefined, what: 'date' },
];

/** Reads a file once into a store, and sees what its cells show. Throws BadData. */
async function readFile(file: RowFile, wish: Wish, index: number, setting: SourceSetting): Promise<DataRows> {
  const { folder, locale, maxRows, maxUnpackedBytes, onBytes } = setting;
  const raw = new RawRows(createRowStore(folder && join(folder, `raw-${index}`)));
  let keys: string[] = [];
  let evidence: Evidence | undefined;
  let isSheet = false;
  const called = new Map<number, string>();
  const facts = await readRows(
    file,
    wish.keys && [...wish.keys],
    { options: wish.rows, locale, maxUnpackedBytes },
    {
      begin(found, isWorkbook = false) {
        keys = found;
        isSheet = isWorkbook;
        evidence = createEvidence(found, isSheet ? [...wish.needs, ...ALL_NEEDS] : wish.needs, locale);
      },
      grow(key) {
        keys.push(key);
        evidence?.grow();
      },
      ...(wish.isCounted && {
        cells(cells: readonly unknown[]) {
          const label = findTotalLabel(cells);
          if (label !== undefined && called.size < MOST_CALLED) called.set(raw.count + 1, label);
        },
      }),
      row(values) {
        if (raw.count >= maxRows) {
          const limit = maxRows.toLocaleString('en');
          const over = `brings the report over the limit of ${limit} rows`;
          throw new BadData(`${startWith(file)} ${over}: split it into several reports.`);
        }
        evidence?.see(values);
        raw.add(values.map(encodeValue));
      },
      bytes: onBytes,
    },
  );
  return {
    name: file.name,
    keys: wish.keys ? keys : keys.slice(0, facts.width),
    titles: facts.titles,
    ...(facts.unused && { unused: facts.unused }),
    count: raw.count,
    isSheet,
    rows: () => raw.rows(facts.hasTypes),
    evidence: evidence ?? createEvidence([], [], locale),
    called,
    layout: facts.layout,
    warnings: facts.warnings,
  };
}

/** The rows of each block that is made of some. */
export type RowsOf = (block: RowsBlock) => DataRows;

/** The data files that blocks are made of, each once, by their `sourceKey`. */
export const sourceKeysOf = (blocks: readonly Block[]): string[] => [...collectWishes(rowsBlocksOf(blocks)).keys()];

/** Reads every data file that blocks are made of, each once. Throws BadData. */
export async function readSources(blocks: readonly Block[], setting: SourceSetting): Promise<RowsOf> {
  const found = rowsBlocksOf(blocks);
  const read = new Map<string, DataRows>();
  for (const [key, wish] of collectWishes(found, setting)) {
    const file = setting.files[key];
    if (!file) throw new BadData('A table or a chart has no data file.');
    read.set(key, await readFile(file, wish, read.size, setting));
  }
  const rowsOf = (block: RowsBlock): DataRows => {
    if (isInline(block.rows)) {
      const { splitBy = '', locale, timeZone } = setting;
      const hasSplit = block.rows.some((row) => Object.hasOwn(row, splitBy));
      const keys = new Set([...(keysOf(block) ?? []), ...(hasSplit ? [splitBy] : [])]);
      return createInlineRows(block.rows, [...keys], blockNeeds(block, timeZone), locale);
    }
    const rows = read.get(sourceKey(block.rows));
    if (!rows) throw new BadData('A table or a chart has no data file.');
    return rows;
  };
  const inline = new Map<RowsBlock, DataRows>();
  return (block) => {
    const before = inline.get(block);
    if (before) return before;
    const rows = markOf(block, rowsOf(block), setting.locale);
    if (isInline(block.rows)) inline.set(block, rows);
    return rows;
  };
}

/** Rows with the totals that they have themselves, as far as a block adds them up. */
function markOf(block: RowsBlock, rows: DataRows, locale: string): DataRows {
  if (block.type === 'table') return markOfTable(block, rows, locale);
  const options = isInline(block.rows) ? {} : block.rows;
  const { decimal } = block;
  return markTotals(
    rows,
    valueKeys(block).map((key) => ({ key, decimal })),
    options,
    locale,
  );
}

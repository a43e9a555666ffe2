import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readRows } from '../../../workers/reports/data/read/read-rows.ts';
import { isDecimal, toFloat } from '../../../workers/reports/text/decimal.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

/** Reads a file's rows, with the columns that it names itself. */
async function readBack(content: Uint8Array) {
  const path = join(dir.path, 'data');
  writeFileSync(path, content);
  const rows: unknown[][] = [];
  let keys: string[] = [];
  const file = { path, name: 'the file "sales"' };
  const { warnings } = await readRows(
    file,
    undefined,
    { options: {}, locale: 'en' },
    {
      begin(found) {
        keys = [...found];
      },
      grow: (key) => keys.push(key),
      row: (values) => rows.push(values),
      bytes() {},
    },
  );
  return { keys, rows, warnings };
}

const encodings = {
  'utf-8': (text: string) => Buffer.from(text),
  'utf-8 with its mark': (text: string) => Buffer.from(`\ufeff${text}`),
  'utf-16le': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'utf-16be': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
};
const encoding = fc.constantFrom(...(Object.keys(encodings) as (keyof typeof encodings)[]));

/** Any text but control characters, which no text file has; with more of what CSV and JSON give a meaning. */
const cell = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(...',;|"\'\\\n\r\t {}[]:æ漢€-=.0'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 12,
  })
  // A quoted cell with spaces behind its quotes looks like that when it has been read.
  .filter((text) => !/^".*"\s+$/s.test(text))
  .filter((text) => [...text].every((character) => character >= ' ' || '\t\n\r'.includes(character)));

/** A table of texts: names of columns, and rows with a value for each. */
const table = <Value>(value: fc.Arbitrary<Value>) =>
  fc.integer({ min: 1, max: 6 }).chain((count) =>
    fc.record({
      keys: fc
        .array(cell, { minLength: count, maxLength: count })
        .map((names) => names.map((name, index) => `key ${index} ${name}.`)),
      rows: fc.array(fc.array(value, { minLength: count, maxLength: count }), { maxLength: 8 }),
    }),
  );

/** What is left of a cell: white space at its end is none of it. */
const kept = (cells: string[]): string[] => cells.map((text) => text.trimEnd());

const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;

describe('data files, for any content', () => {
  it('a CSV with any delimiter, line end and encoding: comes back as it was written', async () => {
    const delimiter = fc.constantFrom(',', ';', '\t', '|');
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
    await fc.assert(
      fc.asyncProperty(table(cell), delimiter, lineEnd, encoding, async ({ keys, rows }, by, end, name) => {
        const lines = [keys, ...rows].map((cells) => cells.map(quote).join(by));
        const content = encodings[name](lines.map((line) => `${line}${end}`).join(''));
        const filled = rows.filter((cells) => cells.some((text) => text.trim() !== ''));
        expect(await readBack(content)).toEqual({ keys, rows: filled.map(kept), warnings: [] });
      }),
    );
  });

  it('NDJSON in any encoding: comes back as it was written', async () => {
    const value = fc.oneof(
      cell,
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, min: -1e300, max: 1e300 }).map((number) => number + 0),
    );
    await fc.assert(
      fc.asyncProperty(table(value), encoding, async ({ keys, rows }, name) => {
        const lines = rows.map((values) =>
          JSON.stringify(Object.fromEntries(keys.map((key, at) => [key, values[at]]))),
        );
        const read = await readBack(encodings[name](`${lines.join('\n')}\n{"end":1}`));
        // Long numbers keep the digits that they were written with.
        const toNumbers = (row: unknown[]) => row.map((one) => (isDecimal(one) ? toFloat(one) : one));
        const known = rows.length > 0 ? keys : [];
        expect(read.keys).toEqual([...known, 'end']);
        expect(read.rows.map(toNumbers)).toEqual([...rows, [...known.map(() => undefined), 1]]);
      }),
    );
  });
});

import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import sharp from 'sharp';
import { defaultConfig } from '../../../../workers/config.ts';
import { createProcessor } from '../../../../workers/reports/processor.ts';
import { type Bench, openBench } from '../bench.ts';

const processor = createProcessor({ config: defaultConfig(), log: pino({ level: 'silent' }) });
afterAll(() => processor.close?.());

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.remove();
});

const JUDGED = [{ key: '*', format: 'auto' }];
const tableOf = (rows: object = { file: 'file' }, rest: object = {}) => ({
  type: 'table',
  columns: JUDGED,
  sums: true,
  rows,
  ...rest,
});

/** Draws the preview of a report over a file of that text. */
async function preview(text: string, blocks: object[] = [tableOf()], rest: object = {}) {
  const bench = await openBench({ locale: 'nb-NO', preview: true, data: { title: 'Sales', blocks }, ...rest });
  benches.push(bench);
  const key = 'results/file.csv';
  await writeFile(bench.path('file.csv'), text);
  const file = { key, name: 'file.csv', type: 'text/csv', bytes: text.length, sha256: '0'.repeat(64) };
  const job = { ...bench.job, uploads: { file } };
  return { ...(await processor.process(job, bench.context)), path: bench.path };
}

const CSV = 'Konto 1234\n\nDato;Kunde;Beløp\n31.10.2026;Acme;1 234,50\n1.11.2026;;N/A\n2.11.2026;Øst;7\n';

describe('a preview', () => {
  it('its tables as they were understood, and the first page as a picture; no PDF is kept', async () => {
    const { result, files, path } = await preview(CSV);
    expect(result).toEqual({
      pages: 1,
      bytes: 0,
      warnings: expect.any(Array),
      tables: [
        {
          columns: [
            {
              ...{ key: 'Dato', title: 'Dato', type: 'date', format: 'date', read: 3, of: 3, unread: [] },
              samples: ['31. okt. 2026', '1. nov. 2026', '2. nov. 2026'],
            },
            {
              ...{ key: 'Kunde', title: 'Kunde', type: 'text', format: null, read: 2, of: 2, unread: [] },
              samples: ['Acme', 'Øst'],
            },
            {
              ...{ key: 'Beløp', title: 'Beløp', type: 'number', format: 'number:2', read: 2, of: 3, unread: ['N/A'] },
              samples: ['1\u00a0234,50', 'N/A', '7,00'],
            },
          ],
          rows: [
            ['31. okt. 2026', 'Acme', '1\u00a0234,50'],
            ['1. nov. 2026', '', 'N/A'],
            ['2. nov. 2026', 'Øst', '7,00'],
          ],
          ...{ count: 3, encoding: 'utf-8', delimiter: ';', headerRow: 3, sheet: null, sheets: [] },
        },
      ],
    });
    expect(result.warnings.map(({ code }) => code)).toEqual(['preamble_skipped', 'format_mismatch']);
    expect(files.map(({ name, type }) => `${name} ${type}`)).toEqual(['preview.png image/png']);
    const { format, width = 0, height = 0 } = await sharp(await readFile(path('preview.png'))).metadata();
    expect([format, width, Math.round((100 * height) / width)]).toEqual(['png', 900, 141]);
  });

  it('many rows: twenty are shown, all are counted, and one page is drawn', async () => {
    const rows = Array.from({ length: 5000 }, (_, index) => `${index},${index / 4}`);
    const { result } = await preview(`n,v\n${rows.join('\n')}\n`);
    const [table] = result.tables ?? [];
    expect([result.pages, table?.count, table?.rows.length, table?.columns[1]?.of]).toEqual([1, 5000, 20, 5000]);
  });

  it('rows in the request; a long value: cut; a table of a JSON file: no delimiter, no header row', async () => {
    const inline = tableOf([{ a: 'x'.repeat(500), b: 1 }]);
    const { result } = await preview('[{"n": 1}]', [inline, tableOf()]);
    expect(result.tables?.[0]?.rows).toEqual([[`${'x'.repeat(80)}…`, '1']]);
    expect(result.tables?.map(({ encoding, delimiter, headerRow }) => [encoding, delimiter, headerRow])).toEqual([
      [null, null, null],
      ['utf-8', null, null],
    ]);
  });

  it('of a file without names of columns: they are numbered, its first row is one', async () => {
    const { result } = await preview('1;2\n3;4\n', [
      { type: 'table', rows: { file: 'file', header: false }, columns: [{ key: '*', format: 'auto' }] },
    ]);
    const [table] = result.tables ?? [];
    expect([table?.columns.map(({ title }) => title), table?.rows, table?.count, table?.headerRow]).toEqual([
      ['Column 1', 'Column 2'],
      [
        ['1', '2'],
        ['3', '4'],
      ],
      2,
      null,
    ]);
    expect(result.warnings).toEqual([]);
  });

  it('of a report with a standard and a password: a picture all the same; data that can not be read: refused', async () => {
    const secured = await preview(CSV, [tableOf()], { password: 'secret', attachments: [] });
    expect(secured.files.map(({ name }) => name)).toEqual(['preview.png']);
    const archived = await preview(CSV, [tableOf()], { profile: 'PDF/A-3b' });
    expect(archived.files.map(({ name }) => name)).toEqual(['preview.png']);
    await expect(preview('{"a":1}\n{"a":')).rejects.toThrow('Line 2');
  });
});

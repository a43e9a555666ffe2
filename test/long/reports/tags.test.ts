import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { reports } from '../../../workers/reports/job.ts';
import { composeReport } from '../../../workers/reports/render/compose.ts';
import { renderReport } from '../../../workers/reports/render/render.ts';
import { findTagFaults } from '../../support/reports/tagged-pdf.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const run = promisify(execFile);
const folder = makeTempDir();
afterAll(() => folder.remove());

const WORDS = ['alpha', '**bold', 'x**', '[link](https://example.com)', 'שלום', 'عليكم', '漢字', '😀', 'a-b', '*it*'];
const text = (most: number) =>
  fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: most }).map((words) => words.join(' '));
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const table = fc
  .record({ width: fc.integer({ min: 1, max: 14 }), height: fc.integer({ min: 0, max: 50 }), cell: text(12) })
  .chain(({ width, height, cell }) => {
    const keys = Array.from({ length: width }, (_, index) => `c${index}`);
    const rows = Array.from({ length: height }, () => Object.fromEntries(keys.map((key) => [key, cell])));
    const columns = keys.map((key) => ({ key }));
    return fc.record(
      {
        type: fc.constant('table'),
        columns: fc.constant(columns),
        rows: fc.constant(rows),
        caption: text(5),
        zebra: fc.boolean(),
        groupBy: fc.constant('c0'),
        totals: fc.constant({ c0: 'count' }),
      },
      { requiredKeys: ['type', 'columns', 'rows'] },
    );
  });

const innerBlock = fc.oneof<fc.Arbitrary<object>[]>(
  fc.record({ type: fc.constant('heading'), level: fc.integer({ min: 1, max: 3 }), text: text(20) }),
  fc.record({ type: fc.constant('text'), text: text(300) }),
  fc.record({ type: fc.constant('list'), ordered: fc.boolean(), items: fc.array(text(30), { minLength: 1 }) }),
  fc.record({
    type: fc.constant('keyValues'),
    items: fc.array(fc.record({ key: text(3), value: text(9) }), { minLength: 1 }),
  }),
  fc.record({ type: fc.constant('image'), source: fc.constant({ content: PIXEL }), alt: fc.constantFrom('', 'seen') }),
  fc.constant({ type: 'chart', chart: 'bar', categories: ['a', 'b'], series: [{ name: 'n', values: [1, 2] }] }),
  table,
);
const columns = fc.array(fc.array(innerBlock, { maxLength: 4 }), { minLength: 1, maxLength: 4 });
const block = fc.oneof<fc.Arbitrary<object>[]>(
  innerBlock,
  innerBlock,
  innerBlock,
  fc.record({ type: fc.constant('columns'), columns }),
  fc.record({ type: fc.constant('toc'), levels: fc.integer({ min: 1, max: 3 }) }),
  fc.constant({ type: 'pageBreak' }),
);

const report = fc.record({
  profile: fc.constant('PDF/UA-1'),
  lang: fc.constantFrom('en', 'he', 'ar', 'nb'),
  outline: fc.boolean(),
  header: fc.constantFrom('', 'Head {page}'),
  page: fc.record({ size: fc.constantFrom('A4', 'A5'), margin: fc.constantFrom('5mm', '20mm') }),
  data: fc.record({ title: text(5), blocks: fc.array(block, { minLength: 1, maxLength: 12 }) }),
});

describe('PDF/UA-1 of any report', () => {
  it('whatever it is made of: the file is sound, and all of it is tagged or decoration', async () => {
    const pdf = join(folder.path, 'report.pdf');
    const property = fc.asyncProperty(report, async (fields) => {
      const pieces: Uint8Array[] = [];
      const write = (piece: Uint8Array) => void pieces.push(Uint8Array.from(piece));
      const limits = { maxRows: 10_000, maxPages: 1000 };
      await renderReport(composeReport(reports.input.parse(fields), new Date(0)), { write, ...limits });
      await writeFile(pdf, Buffer.concat(pieces));
      await run('qpdf', ['--check', pdf]);
      expect(await findTagFaults(pdf)).toEqual([]);
    });
    await fc.assert(property, { numRuns: 60 });
  }, 300_000);
});

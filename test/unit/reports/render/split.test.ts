import { writeFile } from 'node:fs/promises';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { defaultConfig } from '../../../../workers/config.ts';
import { reports } from '../../../../workers/reports/job.ts';
import { createProcessor } from '../../../../workers/reports/processor.ts';
import { type Bench, openBench, readPages } from '../bench.ts';

const processor = createProcessor({ config: defaultConfig(), log: pino({ level: 'silent' }) });
afterAll(() => processor.close?.());

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.remove();
});

const tableOf = (rows: object, rest: object = {}) => ({
  ...{ type: 'table', columns: [{ key: '*', format: 'auto' }], sums: true, rows },
  ...rest,
});
const words = (text: string | undefined) => text?.replace(/\s+/g, ' ').trim() ?? '';

/** Draws a report over a file of that text, split by a column; each PDF's text by its name, of many those of two. */
async function split(text: string, fields: object, blocks: object[] = [tableOf({ file: 'file' })]) {
  const bench = await openBench({ locale: 'nb-NO', data: { title: 'Salg', blocks }, ...fields });
  benches.push(bench);
  await writeFile(bench.path('file.csv'), text);
  const file = { key: 'results/file.csv', name: 'file.csv', type: 'text/csv', bytes: text.length, sha256: '' };
  const outcome = await processor.process({ ...bench.job, uploads: { file } }, bench.context);
  const shownFiles =
    outcome.files.length > 10 ? outcome.files.filter(({ name }) => /g(7|49)\./.test(name)) : outcome.files;
  const read = shownFiles.map(async ({ name }) => [name, words((await readPages(bench.path(name))).join(' '))]);
  return { ...outcome, texts: Object.fromEntries(await Promise.all(read)) as Record<string, string> };
}

const CSV = 'kunde;beløp\nAcme AS;1.234,50\nØst/Vest;7\nAcme AS;2,5\n;3\nacme as;1\n';

describe('a report that is split by a column', () => {
  it('one PDF for each value, in the order they come, each with its own rows, sum and title', async () => {
    const { result, texts } = await split(CSV, {
      ...{ splitBy: 'kunde', fileName: 'Faktura.pdf', header: '{group} | {date}' },
    });
    expect(result).toMatchObject({
      pages: 4,
      groups: [
        { name: 'Acme AS', file: 'Faktura-Acme AS.pdf', pages: 1 },
        { name: 'Øst/Vest', file: 'Faktura-Øst-Vest.pdf', pages: 1 },
        { name: '', file: 'Faktura.pdf', pages: 1 },
        { name: 'acme as', file: 'Faktura-acme as (2).pdf', pages: 1 },
      ],
    });
    // What the column is all rows decide: 1.234,50 is no 1,23 beside 7 and 2,5.
    expect(texts['Faktura-Acme AS.pdf']).toBe(
      'Acme AS | 1. nov. 2026 Salg: Acme AS kunde beløp Acme AS 1 234,50 Acme AS 2,50 Sum 1 237,00 Side 1 av 1',
    );
    expect(texts['Faktura-Øst-Vest.pdf']).toContain(
      'Øst/Vest | 1. nov. 2026 Salg: Øst/Vest kunde beløp Øst/Vest 7,00 Sum 7,00',
    );
    expect(texts['Faktura.pdf']).toMatch(/^\| 1. nov. 2026 Salg kunde beløp 3,00 Sum 3,00/);
  });

  it('a column that no block shows, by its place; rows of a chart and rows in the request are split alike', async () => {
    const chart = { type: 'chart', chart: 'bar', rows: { file: 'file' }, category: 'kunde', value: 'beløp' };
    const inline = tableOf(
      [
        { kunde: 'Acme AS', by: 'Oslo' },
        { kunde: 'x', by: 'Bodø' },
      ],
      {
        columns: [{ key: 'by' }],
      },
    );
    const hidden = tableOf({ file: 'file' }, { columns: [{ key: 'beløp', format: 'auto' }] });
    const { texts, result } = await split(CSV, { splitBy: 'kunde' }, [chart, inline, hidden]);
    expect(result.groups?.map(({ name }) => name)).toEqual(['Acme AS', 'Øst/Vest', '', 'acme as', 'x']);
    expect(texts['report-Acme AS.pdf']).toContain('Oslo');
    expect(texts['report-Acme AS.pdf']).not.toContain('Bodø');
    expect(texts['report-Acme AS.pdf']).toContain('1 237,00');
    expect(texts['report-x.pdf']).toContain('Bodø');
    const byPlace = await split('a;b\n1;x\n2;y\n', { splitBy: '#2' }, [
      tableOf({ file: 'file' }, { columns: [{ key: 'a' }] }),
    ]);
    expect(byPlace.result.groups?.map(({ name }) => name)).toEqual(['x', 'y']);
  });

  it('groups whose rows lie apart: each whole', async () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `g${index % 50};${'x'.repeat(2000)}`);
    const shown = { columns: [{ key: 'g' }], totals: { g: 'count' }, sums: undefined };
    const { texts, result } = await split(`g;v\n${lines.join('\n')}\n`, { splitBy: 'g' }, [
      tableOf({ file: 'file' }, shown),
    ]);
    expect(result.groups).toHaveLength(50);
    expect(texts['report-g7.pdf']?.match(/\bg7\b/g)).toHaveLength(101);
    expect(texts['report-g49.pdf']?.match(/\bg49\b/g)).toHaveLength(101);
  });

  it('too many groups, or no such column: refused with what there is; a preview shows all rows together', async () => {
    const many = Array.from({ length: 1001 }, (_, index) => `g${index}`).join('\n');
    await expect(split(`g\n${many}\n`, { splitBy: 'g' })).rejects.toThrow('more than 1,000 values of "g"');
    await expect(split(CSV, { splitBy: 'customer' })).rejects.toThrow(
      'has no column "customer"; its columns are "kunde", "beløp".',
    );
    await expect(split(CSV, { splitBy: 'x' }, [tableOf([{ a: 1 }])])).rejects.toThrow('no column "x"');
    const bench = await openBench({
      preview: true,
      splitBy: 'a',
      data: { title: 'T', blocks: [tableOf([{ a: 1 }, { a: 2 }])] },
    });
    benches.push(bench);
    expect((await processor.process(bench.job, bench.context)).result.tables?.[0]?.count).toBe(2);
  });

  it('no rows: one report, which says so; a preview names a column that is not there', async () => {
    const empty = await split('kunde;beløp\n', { splitBy: 'kunde' });
    expect(empty.result.groups).toEqual([{ name: '', file: 'report.pdf', pages: 1 }]);
    expect(empty.texts['report.pdf']).toContain('Ingen data');
    const none = await split(CSV, { splitBy: 'k' }, [tableOf([])]);
    expect(none.result.groups).toHaveLength(1);
    await expect(split(CSV, { splitBy: 'zz', preview: true })).rejects.toThrow('has no column "zz"');
  });

  it.each<[string, object, string]>([
    ['no rows', { data: { title: 'T', blocks: [{ type: 'text', text: 'x' }] } }, 'must be left out where no table'],
    ['an invoice', { ...reports.example, splitBy: 'date' }, 'must be left out with a template other than document'],
    ['a path as the name', { data: { title: 'T' }, splitBy: undefined, fileName: '../x' }, 'must be a file name'],
  ])('%s: refused at once', (_what, fields, sentence) => {
    const issues = reports.input.safeParse({ splitBy: 'a', ...fields }).error?.issues.map(({ message }) => message);
    expect(issues?.join()).toContain(sentence);
  });
});

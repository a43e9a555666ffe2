import { afterAll, describe, expect, it } from '@jest/globals';
import { sumDecimals, toNumeric } from '../../workers/reports/text/decimal.ts';
import { createFormatter } from '../../workers/reports/text/formats.ts';
import { createCorpus } from '../support/report-corpus.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { readTable } from '../unit/reports/data/data-bench.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

const AUTO = { columns: [{ key: '*', format: 'auto' }], sums: true };
const corpus = createCorpus();

describe(`${corpus.length} files as programs write them`, () => {
  it.each(corpus.map((file) => [file.name, file] as const))(
    '%s: every cell, and the sum by decimal arithmetic; nothing is dropped unsaid',
    async (_name, { content, locale, rows, header, warnings }) => {
      const table = await readTable(AUTO, content, dir.path, { locale });
      const sum = sumDecimals(rows.map(([, , , amount]) => amount));
      const [write, date] = [createFormatter('number:2', locale), createFormatter('date', locale)];
      expect(table.keys).toEqual(header);
      expect(table.formats.slice(0, 4)).toEqual(['date', undefined, undefined, 'number:2']);
      expect(table.rows.map((cells) => cells.slice(0, 4))).toEqual(
        rows.map(([day, name, code, amount]) => [date(day).text, name, code, write(amount).text]),
      );
      expect(table.totals[0]?.[3]).toBe(write(toNumeric(sum)).text);
      expect(table.notes).toEqual([]);
      expect(table.warnings.map(({ code }) => code)).toEqual(warnings);
    },
  );
});

import { afterAll, describe, expect, it } from '@jest/globals';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { readChart, readTable } from './data-bench.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

/** What the form sends. */
const AUTO = { columns: [{ key: '*', format: 'auto' }], sums: true };

/** A table of one column beside the names of its rows. */
async function readColumn(
  name: string,
  cells: string[],
  { fields = AUTO, locale = 'en-GB', strict = false }: { fields?: object; locale?: string; strict?: boolean } = {},
) {
  const content = `n\t${name}\n${cells.map((cell, index) => `row ${index}\t${cell}\n`).join('')}`;
  const table = await readTable(fields, content, dir.path, { locale, strict });
  return {
    texts: table.rows.map(([, text]) => text),
    sum: table.totals[0]?.[1],
    codes: table.warnings.map(({ code }) => code),
    messages: table.warnings.map(({ message }) => message),
  };
}

describe('codes and amounts', () => {
  it.each([
    ['Salary', ['50000', '61000', '58000'], '169,000'],
    ['Salg', ['12345', '23456', '34567'], '70,368'],
    ['Views', ['1234567', '2345678', '3456789'], '7,037,034'],
    ['Region', ['2024', '1950'], '3,974'],
    ['Price per year', ['5000', '6100'], '11,100'],
    ['Casino', ['10', '20'], '30'],
    ['Sales', ['1.234.567.890', '2.000.000.000'], '3,234,567,890'],
  ])('%s of one length, or like years: is summed up', async (name, cells, sum) => {
    expect(await readColumn(name, cells)).toMatchObject({ sum, codes: [] });
  });

  it.each([
    ['Zip', ['12345', '54321', '10115']],
    ['Tlf', ['912 345 678', '998 765 432']],
    ['Mobile phone', ['4798765432', '4791234567']],
    ['Tlf (privat)', ['22334455', '22334466']],
    ['Kontonr.', ['15034012345', '15034012346']],
    ['Invoice', ['1001', '1002']],
    ['Uke', ['43', '44']],
  ])('%s: stays as it is written, and a warning says that it has no sum', async (name, cells) => {
    const { texts, sum, messages } = await readColumn(name, cells);
    expect({ texts, sum, messages }).toEqual({
      texts: cells,
      sum: undefined,
      messages: [
        `Column "${name}" has no sum, since the numbers look like codes: set "type": "number" where they are amounts.`,
      ],
    });
  });

  it.each([
    ['Year', ['2024', '2025']],
    ['Geschäftsjahr', ['2024', '2025']],
    ['Item', ['00123', '04567']],
    ['host', ['192.168.100.200', '192.168.100.201']],
    ['Version', ['1.10', '2.4']],
    ['Mobile', ['09845012346', '9.84501E+09']],
    ['v', ['1234567890123456', '1234567890123457']],
  ])('%s of %j: can be nothing else', async (name, cells) => {
    expect(await readColumn(name, cells)).toMatchObject({ texts: cells, sum: undefined, codes: [] });
  });

  it('numbers among too many texts: have no sum, and a warning says so', async () => {
    expect((await readColumn('v', ['1', 'x', 'y', '2'])).messages).toEqual([
      'Column "v" has no sum, since only 2 of 4 values are numbers: set "type": "number" to add those up.',
    ]);
  });
});

describe('words that mean nothing', () => {
  it('beside numbers, however many: are no numbers, and the column is one of numbers all the same', async () => {
    const words = ['NULL', 'n/a', '-', '\u2013', '#N/A', '#DIV/0!', '\\N', '(null)', 'k. A.', '..', 'NaN', '?'];
    const { texts, sum, messages } = await readColumn('v', ['1234.5', '2', ...words]);
    expect([texts, sum]).toEqual([['1,234.50', '2.00', ...words], '1,236.50']);
    expect(messages).toEqual([
      'Column "v": 12 of 14 values are no numbers ("NULL", "n/a", "-"; the first in row 3). ' +
        'What is none is printed as it is, and left out of the total.',
    ]);
    await expect(readColumn('v', ['1.5', 'N/A'], { strict: true })).rejects.toThrow('1 of 2 values is no number');
  });

  it('beside dates: the same', async () => {
    const { texts, messages } = await readColumn('v', ['31.10.2026', '-', 'N/A', '1.11.2026']);
    expect(texts).toEqual(['31 Oct 2026', '-', 'N/A', '1 Nov 2026']);
    expect(messages).toEqual([expect.stringContaining('Column "v": 2 of 4 values are no dates ("-", "N/A"')]);
  });

  it.each([
    ['words that mean something', ['1', 'open', 'closed', '2']],
    ['nothing else', ['N/A', '-']],
    ['colours', ['#fff', '#red', '12']],
    ['codes', ['0123', 'N/A', '0456']],
  ])('%s: a column of texts', async (_name, cells) => {
    expect(await readColumn('v', cells)).toMatchObject({ texts: cells, sum: undefined });
  });
});

describe('Unix time', () => {
  it.each([
    ['created_at', ['1790000000', '1790003600', '-']],
    ['updatedAt', ['1790000000000', '1790003600000']],
    ['Timestamp (UTC)', ['1790000000']],
    ['Order date', ['1790000000', '2026-09-21 14:00']],
  ])('%s of %j: is one', async (name, cells) => {
    expect((await readColumn(name, cells)).texts[0]).toBe('21 Sept 2026, 14:13');
    const rows = cells.map((cell) => JSON.stringify({ n: 1, v: /^\d+$/.test(cell) ? Number(cell) : cell })).join('\n');
    const table = await readTable({ columns: [{ key: 'v', title: name, format: 'auto' }] }, rows, dir.path);
    expect(table.formats).toEqual(['datetime']);
  });

  it.each([
    ['Amount', ['1790000000', '1790003600']],
    // Nanoseconds, perhaps.
    ['time', ['1790000000', '1790003600']],
    ['uptime', ['1790000000', '1790003600']],
    ['created_at', ['1790000000', '17']],
    ['created_at', ['17900000', '17900036']],
    ['created_at', ['4790000000', '4798765432']],
  ])('%s of %j: are numbers', async (name, cells) => {
    const { texts } = await readColumn(name, cells);
    expect(texts.map((text) => text?.replaceAll(',', ''))).toEqual(cells);
  });
});

describe('exponents', () => {
  it('without a sign of their own, beyond all amounts: are codes', async () => {
    for (const cells of [
      ['1e5', '2E3', '7e4'],
      ['12E456', '13E456'],
    ]) {
      expect(await readColumn('v', cells)).toMatchObject({ texts: cells, sum: undefined });
    }
    const fields = { columns: [{ key: 'n' }, { key: 'v', format: 'number:2' }], totals: { v: 'sum' } };
    expect(await readColumn('v', ['10.50', '12E456', '1.2E+03'], { fields })).toMatchObject({
      texts: ['10.50', '12E456', '1,200.00'],
      sum: '1,210.50',
      codes: ['format_mismatch'],
    });
  });

  it('beside more numbers in E notation: are numbers, of one digit', async () => {
    expect(await readColumn('v', ['1.5e10', '2e10', '3E+09'])).toMatchObject({
      texts: ['15,000,000,000', '20,000,000,000', '3,000,000,000'],
      sum: '38,000,000,000',
      codes: [],
    });
    expect(await readColumn('v', ['1.5e10', '12e10', '3E+09'])).toMatchObject({ sum: '18,000,000,000' });
  });

  it('of JSON: numbers, to the largest that can be written', async () => {
    const fields = { columns: [{ key: 'v', format: 'number' }], totals: { v: 'max' } };
    const table = await readTable(fields, '{"v":1e5}\n{"v":1e300}\n{"v":1e-300}\n', dir.path);
    expect(table.rows.flat().slice(0, 3)).toEqual(['100,000', '1E300', '0']);
    expect(table.totals).toEqual([['Maximum: 1E300']]);
  });
});

describe('versions and dates', () => {
  it.each([
    ['version', ['1.2.10', '10.11.12']],
    ['sort', ['20-11-12', '10-04-08']],
    ['x', ['1/2/24', '3/4/24']],
  ])('%s of two digits a part: stays a text, in a chart too', async (name, cells) => {
    expect(await readColumn(name, cells)).toMatchObject({ texts: cells, codes: [] });
    const chart = await readChart({ category: name }, `${name}\n${cells.join('\n')}\n`, dir.path);
    expect(chart).toMatchObject({ categories: cells });
  });

  it.each([
    ['Due date', '31.10.26'],
    ['Rechnungsdatum', '31.10.26'],
    ['createdDate', '31/10/26'],
    ['v', '31.10.2026'],
    ['v', '31-Oct-26'],
    ['v', '31.10.26 14:30'],
  ])('%s with %s: is a date', async (name, cell) => {
    expect((await readColumn(name, [cell])).texts[0]).toMatch(/^31 Oct 2026/);
  });

  it('have no sum: a warning says so', async () => {
    const fields = { ...AUTO, columns: [{ key: 'n' }, { key: 'd', format: 'auto' }], totals: { d: 'sum' } };
    expect(await readColumn('d', ['31.10.2026'], { fields })).toMatchObject({
      sum: undefined,
      messages: ['Column "d" has no total, since it has dates.'],
    });
  });

  it('years before 1000: are no dates', async () => {
    const fields = { columns: [{ key: 'n' }, { key: 'd', format: 'date' }] };
    expect((await readColumn('d', ['0026-10-31'], { fields })).texts).toEqual(['0026-10-31']);
  });
});

describe('currencies', () => {
  it.each([
    [['$5.00', '$7.5'], 'en-GB', ['$5.00', '$7.50'], '$12.50'],
    [['$5', '$7'], 'en-US', ['$5', '$7'], '$12'],
    [['5 kr', 'kr 7,50'], 'nb-NO', ['5,00 kr', '7,50 kr'], '12,50 kr'],
    [['kr 5', '5 NOK'], 'en-GB', ['NOK 5', 'NOK 5'], 'NOK 10'],
    [['€5.00', 'EUR 7.00', '(€2.00)'], 'de-DE', ['5,00 €', '7,00 €', '-2,00 €'], '10,00 €'],
    [['£0.125', '£1'], 'en-GB', ['£0.125', '£1.000'], '£1.125'],
    [['¥1,000', '¥2,500'], 'en-GB', ['¥1,000', '¥2,500'], '¥3,500'],
  ])('%j in %s: one for the whole column is printed as such', async (cells, locale, texts, sum) => {
    const read = await readColumn('v', cells, { locale });
    expect(read).toMatchObject({ texts, sum });
    expect(read.codes).not.toContain('mixed_units');
  });

  it.each([
    [['$5.00', 'EUR 7.00', 'kr 9.00'], '"$", "EUR", "kr"'],
    [['5 kr', 'EUR 7'], '"kr", "EUR"'],
    [['5 NOK', '7 SEK', 'kr 3'], '"NOK", "SEK", "kr"'],
    [['US$5', 'CAD 5'], '"US$", "CAD"'],
  ])('%j: stay as they are written, have no sum, and a warning says so; strict is an error', async (cells, marks) => {
    expect(await readColumn('v', cells)).toEqual({
      texts: cells,
      sum: undefined,
      codes: ['mixed_units'],
      messages: [`Column "v" has amounts in ${marks}: they have no sum.`],
    });
    await expect(readColumn('v', cells, { strict: true })).rejects.toThrow(
      `Column "v" has amounts in ${marks} of /data/blocks/0: have a column for each.`,
    );
  });

  it.each([
    [['5 Ft', '7 Ft'], '12'],
    [['Rs 5', 'Rs. 7.50'], '12.50'],
    [['5 руб.', '7 руб.'], '12'],
    [['R5', 'R1,250.50'], '1,255.50'],
  ])('%j: words that may be others stay as they are written', async (cells, sum) => {
    expect(await readColumn('v', cells)).toMatchObject({ texts: cells, sum, codes: [] });
  });

  it.each([
    ['5 km', '7 km'],
    ['5 ft', '7 ft'],
    ['r1', 'r2'],
    ['R1', 'R2'],
    ['3 cup', '2 top'],
  ])('%s, %s: are no amounts', async (...cells) =>
    expect(await readColumn('v', cells)).toMatchObject({ texts: cells, sum: undefined }),
  );

  it('some with a mark, some without: stay as they are written, and are summed up', async () => {
    expect(await readColumn('v', ['kr 5', '5 NOK', '5'])).toMatchObject({ texts: ['kr 5', '5 NOK', '5'], sum: '15' });
  });

  it('of another format than they have, and in a chart: a warning', async () => {
    const fields = { columns: [{ key: 'n' }, { key: 'v', format: 'currency:NOK' }] };
    expect(await readColumn('v', ['$5'], { fields })).toMatchObject({
      messages: ['Column "v" has amounts in "$": they are printed as if they were of one.'],
    });
    const chart = await readChart({ category: 'n', value: 'v' }, 'n;v\na;5 kr\nb;EUR 7\n', dir.path);
    expect(chart.warnings.map(({ code }) => code)).toEqual(['mixed_units']);
  });
});

describe('decimals', () => {
  it.each([
    [[0.0625, 0.5], ['0.0625', '0.5000'], '0.5625'],
    [[0.12345, 2], ['0.12345', '2'], '2.12345'],
    [[1.5, 2], ['1.50', '2.00'], '3.50'],
  ])('of JSON, %j: none is rounded away', async (values, texts, sum) => {
    const rows = values.map((v, n) => ({ n: `r${n}`, v }));
    const table = await readTable(AUTO, rows, dir.path);
    expect(table.rows.map(([, text]) => text)).toEqual(texts);
    expect(table.totals[0]?.[1]).toBe(sum);
  });

  it('of percentages: as many as they have', async () => {
    expect(await readColumn('v', ['12.34 %', '7%'])).toMatchObject({ texts: ['12.34%', '7.00%'], codes: [] });
    expect(await readColumn('v', ['25 %', '7%'])).toMatchObject({ texts: ['25%', '7%'] });
  });

  it('percentages beside other numbers: stay as they are written, and have no sum', async () => {
    expect(await readColumn('v', ['25%', '30'])).toMatchObject({
      texts: ['25%', '30'],
      sum: undefined,
      codes: ['mixed_units'],
    });
  });
});

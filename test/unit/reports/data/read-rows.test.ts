import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { BadData } from '../../../../workers/reports/data/read/bad-data.ts';
import type { DataWarning } from '../../../../workers/reports/data/read/data-warning.ts';
import { readRows } from '../../../../workers/reports/data/read/read-rows.ts';
import type { SourceOptions } from '../../../../workers/reports/input/table.ts';
import { isDecimal, toNumeric } from '../../../../workers/reports/text/decimal.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

interface Read {
  keys: string[];
  rows: unknown[][];
  warnings: DataWarning[];
  bytes: number;
}

/** Reads a file of this content, with these columns or those that it has. */
async function read(content: string | Uint8Array, keys?: string[], options: SourceOptions = {}): Promise<Read> {
  const path = join(dir.path, 'data');
  writeFileSync(path, content);
  const read: Read = { keys: [], rows: [], warnings: [], bytes: 0 };
  const file = { path, name: 'the file "sales"' };
  const facts = await readRows(
    file,
    keys,
    { options, locale: 'en-GB' },
    {
      begin(found) {
        read.keys = [...found];
      },
      grow: (key) => read.keys.push(key),
      row: (values) => read.rows.push(values),
      bytes(count) {
        read.bytes += count;
      },
    },
  );
  read.warnings = facts.warnings;
  if (!keys) read.keys = read.keys.slice(0, facts.width);
  read.rows = read.rows.map((row) => row.slice(0, read.keys.length));
  return read;
}

async function faultOf(content: string | Uint8Array, keys?: string[], options?: SourceOptions): Promise<string> {
  const error = await read(content, keys, options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(BadData);
  return (error as Error).message;
}

describe('a file without a header row', () => {
  const CSV = '2026-10-01;Ann;5\n2026-10-02;Bob;6;\n2026-10-03;Una;7;x\n2026-10-04;Per\n';

  it('what is taken for one is said, and what to set', async () => {
    const { rows, warnings } = await read(CSV);
    expect([rows.length, warnings[0]]).toEqual([
      3,
      {
        code: 'header_unlikely',
        message:
          'Line 1 of the file "sales" is taken for the header row, and looks like a row of data ' +
          '("2026-10-01, Ann, 5"): if it is one, set "header" to false.',
      },
    ]);
  });

  it('no row is lost; its columns have numbers for names, and are found by them and by their places', async () => {
    const { keys, rows, warnings } = await read(CSV, undefined, { header: false });
    expect([keys, rows.map((row) => row.join()), warnings.map(({ code }) => code)]).toEqual([
      ['Column 1', 'Column 2', 'Column 3', 'Column 4'],
      ['2026-10-01,Ann,5,', '2026-10-02,Bob,6,', '2026-10-03,Una,7,x', '2026-10-04,Per,,'],
      ['missing_cells'],
    ]);
    const asked = await read(CSV, ['column 2', '#1'], { header: false });
    expect(asked.rows[0]).toEqual(['Ann', '2026-10-01']);
    // An empty column at the end is none.
    expect((await read('1,\n2,\n', undefined, { header: false })).keys).toEqual(['Column 1']);
  });

  it('a name that no column has, no row, and JSON, which has names: said', async () => {
    expect(await faultOf(CSV, ['Amount'], { header: false })).toBe(
      'The file "sales" has no column "Amount"; its columns are "Column 1", "Column 2", "Column 3", "Column 4".',
    );
    expect(await faultOf('\n\n', undefined, { header: false })).toBe('The file "sales" is empty: it has no row.');
    const { warnings } = await read('{"a":1}\n', undefined, { header: false });
    expect(warnings).toEqual([
      { code: 'option_unused', message: 'The file "sales" is JSON: "header" says nothing of it.' },
    ]);
  });
});

describe('a CSV', () => {
  it('columns asked for: are found by the header row, in any order, others are left out', async () => {
    const { keys, rows, warnings } = await read('id,name,extra\n1,Kari,x\n2,Ola,y\n', ['name', 'id']);
    expect({ keys, rows, warnings }).toEqual({
      keys: ['name', 'id'],
      rows: [
        ['Kari', '1'],
        ['Ola', '2'],
      ],
      warnings: [],
    });
  });

  it('without columns: the header row is all of them; one without a name is called by its place', async () => {
    const { keys, rows } = await read('id,,,name,,\n1,2,3,4,,');
    expect({ keys, rows }).toEqual({ keys: ['id', '2', '3', 'name'], rows: [['1', '2', '3', '4']] });
  });

  it('columns without a name at the end: are there where a row has something in them', async () => {
    const { keys, rows } = await read('a,v,,\nx,1,lost,\ny,2,,\n');
    expect({ keys, rows }).toEqual({
      keys: ['a', 'v', '3'],
      rows: [
        ['x', '1', 'lost'],
        ['y', '2', ''],
      ],
    });
  });

  it('two columns of one name: the second is called so', async () => {
    expect(await read('v,v,v\n1,2,3')).toMatchObject({ keys: ['v', 'v (2)', 'v (3)'], rows: [['1', '2', '3']] });
    expect((await read('v,v\n1,2', ['v (2)'])).rows).toEqual([['2']]);
  });

  it('columns by their place, by their name whatever its spaces, or its capitals: are found', async () => {
    const content = '"Amount\n(NOK)",Ærlig navn,X\n1,2,3';
    const { rows } = await read(content, ['#3', 'Amount (NOK)', 'ærlig navn']);
    expect(rows).toEqual([['3', '1', '2']]);
  });

  it.each([',', ';', '\t', '|'])('cells parted by %j: are found out by the header row', async (delimiter) => {
    const line = (...cells: string[]) => cells.join(delimiter);
    const content = [line('a', 'b', 'c'), line('1', '"x,;y|\tz"', '3')].join('\n');
    expect((await read(content)).rows).toEqual([['1', 'x,;y|\tz', '3']]);
  });

  it('a first line "sep=;", as Excel writes it: says the delimiter, and is no header row', async () => {
    expect(await read('sep=;\r\na;b\r\n1,5;2\r\n')).toMatchObject({ keys: ['a', 'b'], rows: [['1,5', '2']] });
  });

  it('line ends of every sort in one file, empty lines, no end at the end: each row once', async () => {
    const { rows } = await read('a,b\r\n1,2\n3,4\r5,6\r\n\r\n,\n"7\n7",8');
    expect(rows).toEqual([
      ['1', '2'],
      ['3', '4'],
      ['5', '6'],
      ['7\n7', '8'],
    ]);
  });

  it('quotes that do not hold a whole cell: are what they are; spaces at the ends are none of it', async () => {
    const { rows } = await read('a,b\n"Smith" Ltd , 5 \n"x" ,"y ""z"""\n');
    expect(rows).toEqual([
      ['"Smith" Ltd', '5'],
      ['x', 'y "z"'],
    ]);
  });

  it('a header row alone: no rows', async () => {
    expect(await read('a,b\n')).toMatchObject({ keys: ['a', 'b'], rows: [] });
  });

  it('rows too short and too long: are read, and said once each with the first line', async () => {
    const { rows, warnings } = await read('a,b\n1\n1,2,3\n1,2,,\n1,2,3\n', ['a', 'b']);
    expect(rows).toEqual([
      ['1', ''],
      ['1', '2'],
      ['1', '2'],
      ['1', '2'],
    ]);
    expect(warnings).toEqual([
      {
        code: 'missing_cells',
        message: 'The cells that are missing in row 1 of the file "sales" are empty.',
      },
      {
        code: 'extra_cells',
        message: 'The cells that no column has in 2 rows (the first is row 2) of the file "sales" are left out ("3").',
      },
    ]);
  });

  it.each([
    ['a,b\n1,2\n3,"4', 'Line 3 of the file "sales" has the beginning of a quoted cell that never ends.'],
    [
      `a,b\n1,"${'x\n'.repeat(600_000)}`,
      'The row at line 500,002 of the file "sales" is longer than 1,000,000 bytes: is a quote not closed?',
    ],
    [`a\n1\n${'x'.repeat(20_001)}`, 'Line 3 of the file "sales": "a" must have at most 20,000 characters.'],
    ['\n\n', 'The file "sales" is empty: a CSV begins with a header row.'],
    ['PK\u0003\u0004zip', 'The file "sales" is a ZIP archive: send a workbook (.xlsx, .ods), CSV or NDJSON.'],
    ['a,b\n1,\0', 'The file "sales" is not text: send CSV, NDJSON or a workbook (.xlsx, .ods).'],
    ['[[1]]', 'The file "sales" is a JSON list of lists: send a list of objects, or NDJSON.'],
    ['<!DOCTYPE html><html>', 'The file "sales" is a web page or XML: send CSV, NDJSON or a workbook (.xlsx, .ods).'],
  ])('a file that is broken: one sentence that says where (%#)', async (content, sentence) => {
    expect(await faultOf(content)).toBe(sentence);
  });

  it('a column that the header row lacks: a sentence with the names that are there', async () => {
    expect(await faultOf('id,name\n1,2', ['id', 'amount'])).toBe(
      'The file "sales" has no column "amount"; its columns are "id", "name".',
    );
    const names = Array.from({ length: 500 }, (_, index) => `c${index}`);
    expect(await faultOf(names.join(), ['x'])).toMatch(/are "c0", .*"c11" and 488 more\.$/);
  });

  it('progress: every byte is told', async () => {
    expect((await read(`${'a'.repeat(999)}\n`.repeat(2000))).bytes).toBe(2_000_000);
  });
});

describe('encodings', () => {
  const text = 'navn;pris\nBlåbær;1,5 €\n';
  const windows = Buffer.from(text.replace('€', '\u0080'), 'latin1');
  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with its mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16, little end first', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16, big end first', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['UTF-16 without its mark, little end first', Buffer.from(text, 'utf16le')],
    ['UTF-16 without its mark, big end first', Buffer.from(text, 'utf16le').swap16()],
  ])('%s: is read, without a word about it', async (_name, content) => {
    expect(await read(content)).toMatchObject({ keys: ['navn', 'pris'], rows: [['Blåbær', '1,5 €']], warnings: [] });
  });

  it('Windows-1252: is read, with a warning', async () => {
    const { keys, rows, warnings } = await read(windows);
    expect({ keys, rows }).toEqual({ keys: ['navn', 'pris'], rows: [['Blåbær', '1,5 €']] });
    expect(warnings).toEqual([
      {
        code: 'encoding_guessed',
        message:
          'The file "sales" is not UTF-8; by its letters it was read as windows-1252: set "encoding" if they are wrong.',
      },
    ]);
  });

  it('Latin-1 whose first accent comes after three megabytes of ASCII: is found', async () => {
    const { rows } = await read(
      Buffer.concat([
        Buffer.from('a\n'),
        Buffer.alloc(3_000_000, `${'abcdefgh'.repeat(125)}\n`.slice(1)),
        Buffer.from('\u00e5', 'latin1'),
      ]),
    );
    expect(rows.at(-1)).toEqual(['å']);
  });

  it('characters of several bytes at every place where a piece of the file ends: stay whole', async () => {
    // 2^20 is not divisible by 3: pieces end inside of characters.
    const line = '€'.repeat(600);
    const { rows, warnings } = await read(`a\n${`${line}\n`.repeat(1800)}`);
    expect(warnings).toEqual([]);
    expect(rows.length).toBe(1800);
    expect(rows.every(([cell]) => cell === line)).toBe(true);
  });
});

describe('NDJSON', () => {
  it('objects with keys in any order, empty lines, \\r\\n, spaces before: a row each, values as they are', async () => {
    const { keys, rows, warnings } = await read(' {"a":1,"b":"x"}\r\n\n{"b":null,"a":true}\n{"a":2.5}', ['a', 'b']);
    expect({ keys, rows, warnings }).toEqual({
      keys: ['a', 'b'],
      rows: [
        [1, 'x'],
        [true, null],
        [2.5, undefined],
      ],
      warnings: [],
    });
  });

  it('without columns: the keys of all objects, in the order in which they come', async () => {
    const { keys, rows, warnings } = await read('{"a":1}\n{"c":3,"a":2}\n');
    expect({ keys, rows, warnings }).toEqual({ keys: ['a', 'c'], rows: [[1], [2, 3]], warnings: [] });
  });

  it.each([
    '[{"a":1,"b":"x"},{"a":2,"b":"}{"}]',
    '[\n{"a":1,"b":"x"},\n{"a":2,"b":"}{"}\n]\n',
    '{\n  "a": 1,\n  "b": "x"\n}\n{\n  "a": 2,\n  "b": "}{"\n}',
    ' [ {"a": 1,\r\n "b": "x"} ,\r\n{"a":2, "b":"}{"}]',
  ])('a list, or objects over several lines: are read as if each had a line (%#)', async (content) => {
    expect(await read(content)).toMatchObject({
      keys: ['a', 'b'],
      rows: [
        [1, 'x'],
        [2, '}{'],
      ],
    });
  });

  it('numbers that floating point would round: keep their digits', async () => {
    const { rows } = await read('{"a":9007199254740993,"b":12345678901234567.89}\n{"a":1e300,"b":0.1}');
    const digits = rows.map((row) => row.map((value) => (isDecimal(value) ? toNumeric(value).slice(0, 20) : value)));
    expect(digits).toEqual([
      ['9007199254740993', '12345678901234567.89'],
      [`1${'0'.repeat(19)}`, 0.1],
    ]);
  });

  it('columns by their place, or nearly by their name: are found among the keys of all objects', async () => {
    const { rows } = await read('{"navn":"Kari"}\n{"navn":"Ola","Beløp ":6}\n', ['#2', 'beløp', '#1']);
    expect(rows).toEqual([
      [undefined, undefined, 'Kari'],
      [6, 6, 'Ola'],
    ]);
    expect((await read('[]', ['x'])).rows).toEqual([]);
  });

  it('a column that no object has: a sentence with those that are there', async () => {
    const sentence = 'The file "sales" has no column "#3"; its columns are "a", "b".';
    expect(await faultOf('{"a":1}\n{"b":2}\n', ['a', '#3'])).toBe(sentence);
  });

  it('keys that every object has anyway: are not found in it', async () => {
    const { rows } = await read('{"a":1}\n{"constructor":2,"__proto__":3}', ['constructor', '__proto__']);
    expect(rows).toEqual([
      [undefined, undefined],
      [2, 3],
    ]);
  });

  it.each([
    ['{"a":1}\n{"a":1\n', 'Line 2 of the file "sales" is not JSON: there must be one object after the other.'],
    ['{"a":1}\n\n[1]\n', 'Line 3 of the file "sales" is not an object with a value for each column.'],
    ['{"a":1}\nnull\n', 'Line 2 of the file "sales" is not an object with a value for each column.'],
    ['{"a":{}}', 'Line 1 of the file "sales": "a" must be a text, a number, true, false or null.'],
    ['{"a":1e999}', 'Line 1 of the file "sales": "a" must be a number between -1e301 and 1e301.'],
    [`{"a":"${'x'.repeat(2_000_000)}"}`, 'Line 1 of the file "sales" has more than 1,000,000 characters.'],
    ['[\n{"a":1},\n{"a":2},\n', 'The file "sales" is a list that never ends: it was cut off.'],
    ['[\n{"a":1}\n', 'The file "sales" is a list that never ends: it was cut off.'],
    ...[
      '[{"a":1},,,]]][{"a":2}',
      '[{"a":1}{"a":2}]',
      '[{"a":1},]',
      '[{"a":1}]]',
      '[{"a":1}]{"a":2}',
      '[{"a":1},,{"a":2}]',
    ].map((content): [string, string] => [
      content,
      'Line 1 of the file "sales" is not JSON: there must be one object after the other.',
    ]),
    ['[{"a":1},null]', 'Line 1 of the file "sales" is not an object with a value for each column.'],
  ])('a line that is not right: is named (%#)', async (content, sentence) => {
    expect(await faultOf(content)).toBe(sentence);
  });
});

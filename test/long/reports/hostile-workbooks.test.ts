import { utils, write } from '@e965/xlsx';
import { afterAll, expect, it } from '@jest/globals';
import { BadData } from '../../../workers/reports/data/read/bad-data.ts';
import { createRandom } from '../../support/hostile/files.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { odsContent } from '../../support/workbooks/ods.ts';
import { readTable } from '../../support/workbooks/read.ts';
import { rowsXml, xlsxParts } from '../../support/workbooks/xlsx.ts';
import { zipTexts } from '../../support/workbooks/zip.ts';

// biome-ignore lint/style/noProcessEnv: options of the run, see docs/testing.md
const { FUZZ_SEED = '1', FUZZ_COUNT = '3000' } = process.env;
const [SEED, COUNT] = [Number(FUZZ_SEED), Number(FUZZ_COUNT)];

const dir = makeTempDir();
afterAll(() => dir.remove());

const TOKENS = [
  '<c r="A1" t="s"><v>9</v></c>',
  '<row r="0">',
  '</row>',
  ' r="XFD1048576"',
  '<is><t>',
  '&lt;',
  '&#0;',
  '<![CDATA[',
  '-->',
  '1e999',
  'NaN',
  '_x0000_',
  ' table:number-columns-repeated="999999999"',
  ' table:number-rows-repeated="-1"',
  '"',
  '>',
  '\u0000',
  '\ufffe',
];

const CELL = '<table:table-cell office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell>';
const BOOKS: Record<string, string | Buffer>[] = [
  xlsxParts({
    sheets: [
      {
        name: 'A',
        rows: rowsXml(
          [
            ['a', 'b'],
            [1, 'x'],
            [46297, true],
          ],
          [1, 0],
        ),
        merged: ['A1:B1'],
      },
    ],
    strings: ['<t>a</t>', '<r><t>b</t></r>'],
    formats: ['dd.mm.yyyy', '#,##0.00 "kr"'],
  }),
  {
    mimetype: 'application/vnd.oasis.opendocument.spreadsheet',
    'content.xml': odsContent(
      `<table:table table:name="A"><table:table-row>${CELL.replaceAll('float', 'string')}</table:table-row><table:table-row table:number-rows-repeated="3">${CELL}</table:table-row></table:table>`,
    ),
  },
];

function mutate(text: string, random: () => number): string {
  let mutated = text;
  for (let times = 1 + Math.floor(random() * 4); times > 0; times -= 1) {
    const at = Math.floor(random() * mutated.length);
    const length = Math.floor(random() * 40);
    const kind = Math.floor(random() * 4);
    if (kind === 0) mutated = mutated.slice(0, at) + mutated.slice(at + length);
    else if (kind === 1)
      mutated = mutated.slice(0, at) + TOKENS[Math.floor(random() * TOKENS.length)] + mutated.slice(at);
    else if (kind === 2) mutated = mutated.slice(0, at + length) + mutated.slice(at);
    else mutated = mutated.slice(0, at) + String.fromCharCode(32 + Math.floor(random() * 95)) + mutated.slice(at + 1);
  }
  return mutated;
}

it('workbooks whose parts and bytes were changed: read, or refused in a sentence', async () => {
  const random = createRandom(SEED);
  const outcomes = { read: 0, refused: 0 };
  for (let run = 0; run < COUNT; run += 1) {
    const parts = { ...BOOKS[run % BOOKS.length] };
    const names = Object.keys(parts);
    const name = names[Math.floor(random() * names.length)] ?? '';
    const isBytes = random() < 0.3;
    if (!isBytes) parts[name] = mutate(String(parts[name]), random);
    const zip = await zipTexts(parts);
    if (isBytes) zip[Math.floor(random() * zip.length)] = Math.floor(random() * 256);
    const setting = { maxUnpackedBytes: 5_000_000 };
    const error = await readTable(dir.path, zip, setting).catch((reason: unknown) => reason);
    const isRefusal = error instanceof BadData;
    if (error instanceof Error && !isRefusal) throw new Error(`run ${run} of seed ${SEED}: ${error.stack}`);
    outcomes[isRefusal ? 'refused' : 'read'] += 1;
  }
  expect(outcomes.read).toBeGreaterThan(COUNT / 20);
  expect(outcomes.refused).toBeGreaterThan(COUNT / 20);
}, 600_000);

it('100,000 rows and as many different texts: read as another program wrote them', async () => {
  const rows = Array.from({ length: 100_000 }, (_, at) => [at, `text ${at}`, at / 4]);
  const book = utils.book_new();
  utils.book_append_sheet(book, utils.aoa_to_sheet([['n', 't', 'v'], ...rows]), 'A');
  const file = write(book, { type: 'buffer', bookType: 'xlsx', bookSST: true, compression: true });
  const read = await readTable(dir.path, file);
  expect(read.rows.length).toBe(rows.length);
  for (const at of [0, 1, 255, 256, 50_000, 99_999]) expect(read.rows[at]).toEqual(rows[at]);
}, 300_000);

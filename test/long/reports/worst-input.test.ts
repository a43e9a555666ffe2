import { describe, expect, it } from '@jest/globals';
import { createChartCount } from '../../../workers/reports/data/charts/chart-count.ts';
import { detectLayout } from '../../../workers/reports/data/read/csv/csv-layout.ts';
import { judgeEncoding } from '../../../workers/reports/data/read/encoding/evidence.ts';
import { findHeadIssue, isJson } from '../../../workers/reports/data/read/file-head.ts';
import { isDatePattern } from '../../../workers/reports/data/values/date-pattern.ts';
import { readWrittenDate } from '../../../workers/reports/data/values/written-date.ts';
import { takeApart } from '../../../workers/reports/data/values/written-number.ts';
import { loadFontStack } from '../../../workers/reports/fonts/font-stack.ts';
import type { CountedChart } from '../../../workers/reports/input/chart.ts';
import { columnsField } from '../../../workers/reports/input/columns.ts';
import { attachmentsField, passwordField } from '../../../workers/reports/input/document.ts';
import { pageField } from '../../../workers/reports/input/fields.ts';
import { imageBlock } from '../../../workers/reports/input/image.ts';
import { tableRowsField } from '../../../workers/reports/input/table.ts';
import { messagesFor, openWords } from '../../../workers/reports/locales/index.ts';
import { writeXmp } from '../../../workers/reports/pdf/xmp.ts';
import { isAmount } from '../../../workers/reports/templates/invoice/fields.ts';
import { monthly } from '../../../workers/reports/templates/monthly.ts';
import { findDirection } from '../../../workers/reports/text/bidi.ts';
import { splitUnspaced } from '../../../workers/reports/text/break-points.ts';
import { cleanText } from '../../../workers/reports/text/clean-text.ts';
import { toDecimal } from '../../../workers/reports/text/decimal.ts';
import { createFormatter, isFormat } from '../../../workers/reports/text/formats.ts';
import { parseInline, splitParagraphs } from '../../../workers/reports/text/inline.ts';
import { breakLines } from '../../../workers/reports/text/lines.ts';

const LENGTH = 1_000_000;
/** A megabyte of a text, again and again. */
const fill = (text: string, begin = '', end = ''): string => begin + text.repeat(Math.ceil(LENGTH / text.length)) + end;

const shape = (text: string) => loadFontStack([], 'en').fontStack.width(text, {}, 10);
const layOut = (text: string) => breakLines([{ text }], 400, (part) => part.length);
const layOutCsv = (text: string) => detectLayout(text, {});
const readDate = (text: string) => createFormatter('date', 'en')(text);
const readColumn = (column: object) => columnsField.safeParse([{ key: 'a', ...column }]);
const readImage = (content: string) => imageBlock.safeParse({ type: 'image', source: { content } });
const attach = (file: object) => attachmentsField.safeParse([{ filename: 'a', content: '', ...file }]);
const titleOf = (key: string) => {
  const read = (name: string) => monthly.data.safeParse({ userId: 'u', month: '2026-10', rows: [{ [name]: 1 }] });
  // A title is made of no longer one.
  expect(read(key).success).toBe(false);
  const { data } = read(key.slice(0, 100));
  if (!data) throw new Error('the longest key is refused');
  monthly.build(data, { locale: 'en', lang: 'en', words: openWords('en'), createdAt: new Date(0) });
};
const countBy = (category: string) => {
  const look = {
    type: 'chart',
    chart: 'bar',
    donut: false,
    horizontal: false,
    scale: 'linear',
    lines: [] as [],
  } as const;
  const chart: CountedChart = { ...look, rows: [], category: 'a', by: 'day' };
  const count = createChartCount(chart, { locale: 'en', messages: messagesFor('en') });
  count.add(category, []);
  return count.finish('day');
};
const describeFile = (title: string) =>
  writeXmp({ title, lang: 'en', createdAt: new Date(0), producer: 'p' }, 'PDF/A-2b');

/** A pattern that takes quadratic time would need hours for a megabyte: no load of the machine makes up for that. */
const LIMIT_MS = 300_000;

describe('a megabyte of the worst input', () => {
  it.each<[string, (text: string) => unknown, string]>([
    ['marks: stars', parseInline, fill('*')],
    ['marks: brackets that open', parseInline, fill('[')],
    ['marks: labels without an address', parseInline, fill('[a]')],
    ['marks: an address that never ends', parseInline, fill('[a](b')],
    ['marks: long labels and addresses', parseInline, fill(`[${'a'.repeat(499)}](${'['.repeat(1999)} `)],
    ['marks: backslashes', parseInline, fill('\\')],
    ['paragraphs: lines of spaces', splitParagraphs, fill('\n \t \t ')],
    ['paragraphs: spaces that no line follows', splitParagraphs, fill(' ', '\n', 'x')],
    ['paragraphs: empty lines', splitParagraphs, fill('\r\n')],
    ['cleaning: control characters', cleanText, fill('\u0000')],
    ['cleaning: joiners behind joining letters', cleanText, fill('क\u200d')],
    ['cleaning: nearly clean', cleanText, fill('a', '', '\u3000')],
    ['cleaning: marks', cleanText, fill('\u0323', 'e')],
    ['lines: hyphens that no letter follows', layOut, fill('-', 'a')],
    ['lines: hyphens between letters', layOut, fill('a-')],
    ['lines: spaces', layOut, fill(' ')],
    ['lines: line ends', layOut, fill('\n')],
    ['lines: one word', layOut, fill('x')],
    ['break points: quotation marks', splitUnspaced, fill('漢”', '', '字')],
    ['break points: ideographs', splitUnspaced, fill('漢')],
    ['break points: Thai', splitUnspaced, fill('ก')],
    ['direction: neutral characters', (text) => findDirection(text, 'rtl'), fill('(')],
    ['direction: digits and spaces', (text) => findDirection(text, 'rtl'), fill('1 ', '', 'x')],
    ['direction: a digit and spaces', (text) => findDirection(text, 'rtl'), fill(' ', '1', 'x')],
    ['fonts: words', shape, fill('a ', '\u200f')],
    ['fonts: direction marks', shape, fill('\u200f')],
    ['formats: a number of decimals', isFormat, fill('1', 'number:')],
    ['numbers: digits', toDecimal, fill('1', '-')],
    ['numbers: decimals', toDecimal, fill('1', '0.', 'x')],
    ['dates: fractions of a second', readDate, fill('1', '2026-10-01T10:00:00.', 'x')],
    ['numbers of people: digits', takeApart, fill('1')],
    ['numbers of people: groups', takeApart, fill('.111', '1', 'x')],
    ['numbers of people: spaces', takeApart, fill(' ', '1', 'x')],
    ['numbers of people: signs', takeApart, fill('-', '', '1')],
    ['numbers of people: words', takeApart, fill('k', '1 ')],
    ['dates of people: digits', (text) => readWrittenDate(text, 'en'), fill('1')],
    ['dates of people: patterns', isDatePattern, fill('Y')],
    ['numbers of an invoice', isAmount, fill('1', '1.')],
    ['CSV: quotes', layOutCsv, fill('"')],
    ['CSV: a quote that is not closed', layOutCsv, fill('a', '"')],
    ['CSV: a delimiter that is named', layOutCsv, fill(';', 'sep=')],
    [
      'letters: none that anybody has',
      (text) => judgeEncoding(Buffer.from(text, 'latin1'), 'en'),
      fill('\u0081\u00fe '),
    ],
    ['first bytes: spaces in a list', (text) => findHeadIssue(Buffer.from(text)), fill(' ', '[', 'x')],
    ['first bytes: spaces before an object', (text) => isJson(Buffer.from(text)), fill(' ', '', 'x')],
    ['passwords', (text) => passwordField.safeParse(text), fill('a', '', '\n')],
    ['attachments: base64', (content) => attach({ content }), fill('A', '', '=\n==')],
    ['attachments: names', (filename) => attach({ filename }), fill('. ')],
    ['attachments: media types', (type) => attach({ type }), fill('a', 'a/', '\n')],
    ['attachments: form fields', (file) => attach({ file, content: undefined }), fill('-', 'attachment')],
    ['pictures: base64', readImage, fill('=', 'iVBORw0KGg')],
    ['margins', (margin) => pageField.safeParse({ margin }), fill('1', '1.')],
    ['column widths', (width) => readColumn({ width }), fill('1', '1.', 'x')],
    ['names of files', (file) => tableRowsField.safeParse({ file }), fill('a', '', '\n')],
    ['charts: categories', countBy, fill('-01', '2026', 'x')],
    ['titles of columns: underscores', titleOf, fill('_')],
    ['titles of columns: letters', titleOf, fill('aB')],
    ['XMP: signs', describeFile, fill('<')],
    ['XMP: characters that XML lacks', describeFile, fill('\u0000')],
  ])(
    '%s',
    (_name, run, text) => {
      run(text);
    },
    LIMIT_MS,
  );
});

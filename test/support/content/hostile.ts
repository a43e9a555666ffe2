import { HOSTILE_DRAWINGS } from '../reports/drawings.ts';
import type { Content } from './run-content.ts';

const MB = 1_000_000;
/** A text again and again, until it has so many characters. */
const fill = (unit: string, length: number): string => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
const list = <Item>(length: number, make: (index: number) => Item): Item[] =>
  Array.from({ length }, (_, index) => make(index));

const mail = (fields: object): Content => ({
  kind: 'emails',
  input: { to: 'a@example.no', subject: 'S', dryRun: true, ...fields },
});
const html = (text: string): Content => mail({ html: text });
const markdown = (text: string): Content => mail({ markdown: text.slice(0, 200_000) });
const template = (variables: object): Content => mail({ template: 'report-ready', subject: undefined, variables });

const report = (blocks: object[], rest: object = {}): Content => ({
  kind: 'reports',
  input: { data: { title: 'T', blocks }, ...rest },
});
const texts = (unit: string, characters = 2 * MB): Content =>
  report(list(Math.ceil(characters / 20_000), () => ({ type: 'text', text: fill(unit, 20_000) })));
const file = (content: string, block: object = { type: 'table' }): Content => ({
  ...report([{ ...block, rows: { file: 'data' } }]),
  files: { data: content },
});
const columns = list(50, (index) => ({ key: `c${index}` }));
const table = (rows: object[], rest: object = {}): Content => report([{ type: 'table', columns, rows, ...rest }]);
const rowOf = (value: unknown) => Object.fromEntries(columns.map(({ key }) => [key, value]));
const chart = (rest: object, rows: object[]): object => ({ type: 'chart', chart: 'bar', category: 'a', rows, ...rest });
const csv = (rows: number, row: (index: number) => string): string => `a,b\n${list(rows, row).join('\n')}\n`;

/** Pages of HTML, markdown and variables that some converter would need long for, or much memory. */
export const HOSTILE_MAILS: Readonly<Record<string, Content>> = {
  'HTML: cells over a million rows and columns': html(
    `<table class=data>${fill('<tr><td colspan=1000 rowspan=1000>x', MB - 100)}`,
  ),
  'HTML: elements in elements': html(fill('<div>', MB)),
  'HTML: tables in tables': html(fill('<table class=data><tr><td>', MB)),
  'HTML: lists in lists': html(fill('<ul><li>a', MB)),
  'HTML: quotations in quotations': html(fill('<blockquote>a', MB)),
  'HTML: 20,000 links': html(fill('<a href="https://example.no/a">a</a>', MB)),
  'HTML: one word': html(fill('x', MB)),
  'HTML: a long word above many rows': html(
    `<table class=data><tr><td>${fill('x', MB / 2)}${fill('<tr><td>a<td>b', MB / 3)}`,
  ),
  'HTML: attributes': html(`<p ${fill('a=b ', MB - 100)}>`),
  'HTML: entities': html(fill('&amp;', MB)),
  'HTML: comments that never end': html(fill('<!--', MB)),
  'HTML: closing tags alone': html(fill('</body>', MB)),
  'HTML: not ASCII, in lines without end': html(fill('漢é', MB)),
  'text: lines without end, not ASCII': mail({ text: fill('é', MB) }),
  'text: line ends': mail({ text: `a${fill('\n', MB - 2)}a` }),
  'text: dots that SMTP doubles': mail({ text: fill('.\n', MB) }),
  'text: equals signs': mail({ text: fill('=', MB) }),
  'text: spaces at the ends of lines': mail({ text: fill('é   \n', MB) }),
  'text and HTML of pictures of four bytes': mail({ text: fill('👩‍👧', MB), html: fill('👩‍👧', MB) }),
  'markdown: pictures that do not end': markdown(fill('![[', 200_000)),
  'markdown: brackets': markdown(fill('[', 200_000)),
  'markdown: definitions': markdown(`${list(8000, (index) => `[r${index}]: /x`).join('\n')}\n${fill('[r1]', 80_000)}`),
  'markdown: stars': markdown(fill('*a **a ', 200_000)),
  'markdown: lists in lists': markdown(list(1000, (index) => `${' '.repeat((index * 2) % 400)}- a`).join('\n')),
  'markdown: quotations': markdown(list(2000, (index) => `${'>'.repeat(index % 200)}a`).join('\n')),
  'markdown: a table of 50,000 columns': markdown(`|${fill('a|', 100_000)}\n|${fill('-|', 99_990)}`),
  'markdown: addresses': markdown(fill('http://a.b ', 200_000)),
  'markdown: back ticks': markdown(list(620, (index) => '`'.repeat(index)).join('a')),
  'markdown: numbered lines': markdown(fill('1. a\n', 200_000)),
  'variables: a list that is long': template({ title: 'T', facts: list(2500, () => ({ label: 'a', value: 'b' })) }),
  'variables: objects in objects': template({
    title: 'T',
    facts: JSON.parse(`${'['.repeat(2000)}${']'.repeat(2000)}`),
  }),
  'variables: a text that looks like a template': template({
    title: '{% for i in (1..1000000) %}{{ i }}{% endfor %}',
    summary: fill('{{ title }}', 90_000),
  }),
  'addresses: 50 with long names': mail({
    text: 'a',
    to: list(50, (index) => `${fill('é "a" ', 200)} <${index}@example.no>`.replaceAll('"', '')),
  }),
  'headers: of the greatest length, not ASCII': mail({
    text: 'a',
    headers: Object.fromEntries(list(20, (index) => [`x-${index}`, fill('é ', 900)])),
  }),
  'headers: references': mail({ text: 'a', headers: { References: fill('<a@b> ', 900), Keywords: fill('a,', 900) } }),
  'a subject of the greatest length': mail({ text: 'a', subject: fill('é', 998) }),
  'attachments: 7 MB of base64': mail({ text: 'a', attachments: [{ filename: 'a', content: fill('AAAA', 9 * MB) }] }),
  'attachments: twenty with names that are encoded': mail({
    text: 'a',
    attachments: list(20, (index) => ({ filename: `${index}${fill('é"', 200)}`, content: fill('AAAA', 400_000) })),
  }),
  'attachments: text without line ends': mail({
    text: 'a',
    attachments: [{ filename: 'a.txt', type: 'text/plain', content: fill('YWFh', 9 * MB) }],
  }),
  'attachments: a message in a message': mail({
    text: 'a',
    attachments: [{ filename: 'a.eml', type: 'message/rfc822', content: fill('w6nDqcOp', 9 * MB) }],
  }),
};

/** Reports whose text, rows or blocks some step would need long for, or much memory. */
export const HOSTILE_REPORTS: Readonly<Record<string, Content>> = {
  'text: one word': texts('x'),
  'text: spaces': texts(' x'),
  'text: line ends': texts('\nx', 200_000),
  'text: marks on one letter': texts('\u0323'),
  'text: joiners': texts('क\u200d', 400_000),
  'text: directions': texts('\u2067a\u2066ب\u2069', 400_000),
  'text: directions in directions': texts(`${'\u2067\u2066'.repeat(60)}aب${'\u2069'.repeat(120)}`, 400_000),
  'text: brackets of both directions': texts('(ب[', 400_000),
  'text: Arabic without spaces': texts('بتث', 400_000),
  'text: marks of the Quran': texts('بۖ ', 200_000),
  'text: struck out': texts('a\u0336', 200_000),
  'text: Hebrew with all its marks': texts('שָּׁ', 200_000),
  'text: Thai and Lao': texts('ฬุัກຸ່', 200_000),
  'text: 20,000 different characters': report(
    list(10, (at) => ({
      type: 'text',
      text: list(2000, (index) => String.fromCodePoint(0x4e00 + at * 2000 + index)).join(''),
    })),
  ),
  'text: 5,000 different characters of fonts that are there': report(
    list(5, (at) => ({
      type: 'text',
      text: list(1000, (index) => String.fromCodePoint(0x2100 + at * 1000 + index)).join(' '),
    })),
  ),
  'text: pictures of several characters': texts('👩‍👩‍👧‍👦', 400_000),
  'text: stars': texts('*'),
  'text: labels without an address': texts('[a]('),
  'text: links': texts('[a](https://example.no) ', 400_000),
  'headings: 1,900 in a table of contents': report([
    { type: 'toc' },
    ...list(1900, (index) => ({ type: 'heading', level: (index % 3) + 1, text: fill('é ', 490) })),
  ]),
  'lists: 500,000 items': report(list(100, () => ({ type: 'list', items: list(5000, () => 'a') }))),
  'columns: blocks beside blocks': report(
    list(100, () => ({
      type: 'columns',
      columns: list(4, () => list(4, () => ({ type: 'text', text: fill('a b ', 500) }))),
    })),
  ),
  'page breaks': report(list(2000, () => ({ type: 'pageBreak' }))),
  'table: a million cells': table(list(20_000, (index) => rowOf(index % 10))),
  'table: cells of 20,000 characters in narrow columns': table(list(8, () => rowOf(fill('x', 20_000)))),
  'table: groups of one row': table(
    list(20_000, (index) => ({ c0: `g${index}`, c1: index })),
    { columns: columns.slice(0, 2), groupBy: 'c0', totals: { c1: 'sum' } },
  ),
  'table: what is no number, in a column of numbers': table(
    list(20_000, (index) => ({ c0: `${index} x`, c1: fill('1', 300) })),
    {
      columns: [
        { key: 'c0', format: 'number' },
        { key: 'c1', format: 'currency:NOK' },
      ],
      totals: { c0: 'sum', c1: 'avg' },
    },
  ),
  'table: dates': table(
    list(20_000, (index) => ({ c0: `2026-01-01T00:00:00.${fill('1', 100)}Z`, c1: `2026-13-${index}` })),
    {
      columns: [
        { key: 'c0', format: 'date' },
        { key: 'c1', format: 'datetime' },
      ],
    },
  ),
  'table: names of every object': report([
    {
      type: 'table',
      columns: [{ key: 'constructor' }, { key: '__proto__' }],
      rows: [JSON.parse('{"__proto__":"a","constructor":"b"}')],
    },
  ]),
  'chart: 20,000 categories': report(
    list(5, () =>
      chart(
        { limit: 200 },
        list(3000, (index) => ({ a: `${fill('é', 150)}${index}`, b: 1 })),
      ),
    ),
  ),
  'chart: numbers at their limits': report(
    list(20, () => ({
      type: 'chart',
      chart: 'line',
      categories: list(200, (index) => fill('é', 190) + index),
      series: list(12, (at) => ({
        name: fill('é', 99),
        values: list(200, (index) => (index % 2 === at % 2 ? 1e15 : -1e-300)),
      })),
    })),
  ),
  'chart: a pie of slices that are next to nothing': report(
    list(50, () => ({
      type: 'chart',
      chart: 'pie',
      categories: list(12, String),
      series: [{ values: list(12, () => 1e-320) }],
    })),
  ),
  'CSV: 300,000 rows': file(csv(300_000, (index) => `${index},x`)),
  'CSV: a quote that is not closed': file(`a,b\n"${fill('a', 20 * MB)}`),
  'CSV: one line': file(fill('a,', 20 * MB)),
  'CSV: nothing but quotes': file(fill('"', 5 * MB)),
  'CSV: a header of a million names': file(`${fill('a;', 2 * MB)}\n1`),
  'CSV: cells of 20,000 characters': file(csv(300, (index) => `${fill('x', 19_000)},${index}`)),
  'CSV: empty lines': file(`a,b\n${fill('\n', 20 * MB)}1,2\n`),
  'CSV: a row of a megabyte': file(csv(20, () => fill('a,', 900_000))),
  'CSV: counted by day, 100,000 categories': file(
    csv(100_000, (index) => `c${index},1`),
    { type: 'chart', chart: 'bar', category: 'a', value: 'b', limit: 200 },
  ),
  'CSV: UTF-16': file(`\ufeff${fill('\u0000', 2 * MB)}`),
  'NDJSON: 200,000 rows': file(list(200_000, (index) => `{"a":${index},"b":"x"}`).join('\n')),
  'NDJSON: lists in lists': file(`{"a":${fill('[', 400_000)}${fill(']', 400_000)}}\n`),
  'NDJSON: many keys': file(
    `${list(40, () => `{${list(20_000, (index) => `"k${index}":1`).join(',')}}`).join('\n')}\n`,
    { type: 'table', columns: [{ key: 'k1' }] },
  ),
  'NDJSON: a line of a megabyte': file(`{"a":"${fill('x', 999_000)}"}\n`),
  'NDJSON: a line that never ends': file(`{"a":"${fill('x', 20 * MB)}`),
  'attachments: 7 MB of base64': report([{ type: 'text', text: 'a' }], {
    attachments: [{ filename: 'a.bin', content: fill('AAAA', 9 * MB) }],
  }),
  ...Object.fromEntries(
    HOSTILE_DRAWINGS.filter(([name]) => !name.includes('9 MB')).map(([name, make]) => [
      `a drawing: ${name}`,
      report([{ type: 'image', source: { content: make().toString('base64') } }]),
    ]),
  ),
  'a picture that says it is huge': report([{ type: 'image', source: { content: hugePng() } }]),
  'a header and a footer of 500 characters on each page': report(
    list(1000, () => ({ type: 'pageBreak' })),
    {
      header: fill('{title} {page} ', 500),
      footer: fill('{pages} é ', 500),
    },
  ),
};

/** The head of a PNG of 60,000 times 60,000 dots, with nothing in it. */
function hugePng(): string {
  const head = Buffer.from('89504e470d0a1a0a0000000d494844520000ea600000ea600806000000', 'hex');
  return Buffer.concat([head, Buffer.alloc(40)]).toString('base64');
}

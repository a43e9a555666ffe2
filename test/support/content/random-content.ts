import { corrupt } from '../hostile/files.ts';
import { HOSTILE_MAILS, HOSTILE_REPORTS } from './hostile.ts';
import type { Content } from './run-content.ts';

type Random = () => number;

/** What parsers of reports and mails look for, and scripts that fonts shape. */
const TOKENS: readonly string[] = [
  ...[
    'a',
    'Ab 1',
    '1 234,5',
    '-1e999',
    '2026-10-31',
    '0x',
    'é',
    '\u00a0',
    ' ',
    '\n',
    '\r\n',
    '\t',
    '\u2028',
    '\0',
    '\ufeff',
  ],
  ...[
    '**',
    '*',
    '[a](https://example.no)',
    '[',
    '](',
    '![',
    '`',
    '> ',
    '- ',
    '1. ',
    '# ',
    '|',
    '|-|',
    '---\n',
    '\\',
    '<http://a',
  ],
  ...[
    '<p>',
    '</p>',
    '<table class="data">',
    '<tr>',
    '<td colspan=9 rowspan=9>',
    '</table>',
    '<ul>',
    '<li>',
    '<ol start=9>',
  ],
  ...[
    '<a href="cid:x">',
    '</a>',
    '<pre>',
    '<blockquote>',
    '<!--',
    '-->',
    '<script>',
    '<style>',
    '&amp;',
    '&#x1F600;',
    '&',
    '<',
  ],
  ...[
    '<br/>',
    '</body>',
    '<img src=',
    '"',
    "'",
    '=',
    '{{ title }}',
    '{% for i in (1..9) %}',
    '{%',
    '%}',
    '{title} {page}',
  ],
  ...[';', ',', '""', '"a;b"', 'sep=;\n', '{"a":1}', '{', '}', '[]', 'null', 'true', 'constructor', '__proto__'],
  ...[
    'بتث',
    'فِيهِۖ',
    'שָׁלוֹם',
    'ภาษาไทย',
    'ฬุั',
    'ລາວ ກຸ່',
    'नमस्ते',
    'क\u200d',
    '漢字',
    '한국어',
    'Ελλάδα',
    '\u0336',
    '\u0323',
    '\u20e3',
  ],
  ...[
    '👩‍👩‍👧‍👦',
    '🇳🇴',
    '\ud800',
    '\udc00',
    '\u2067',
    '\u2066',
    '\u2069',
    '\u202e',
    '\u200f',
    '\u061c',
    '\u{e0041}',
    '\ufe0f',
    '\u00ad',
  ],
];

/** The fields that are changed of one of the worst contents. */
const MUTABLE = new Set(['html', 'markdown', 'text', 'subject', 'title']);
/** Those that are not long by their number of parts. */
const MUTATED = [...Object.values(HOSTILE_MAILS), ...Object.values(HOSTILE_REPORTS)].filter(
  ({ input }) => JSON.stringify(input).length < 1_100_000,
);

/** Makes and changes contents; the same numbers make the same contents. */
export function createContents(random: Random, pictures: readonly Buffer[]): () => Content {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  const list = <Item>(most: number, make: (index: number) => Item): Item[] =>
    Array.from({ length: 1 + below(most) }, (_, index) => make(index));
  /** Mostly short, at times long: tokens in any order, some of them many times. */
  const text = (most = 5000): string => {
    let made = '';
    for (let rounds = 1 + below(30); rounds > 0 && made.length < most; rounds -= 1) {
      made += random() < 0.1 ? pick(TOKENS).repeat(1 + below(most / 4)) : pick(TOKENS);
    }
    return made.slice(0, most);
  };
  const word = () => text(80).replaceAll(/[\p{Cc}\u2028]/gu, '');
  const value = () => pick<() => unknown>([word, () => below(1e9) / 100, () => null, () => true, () => 1e308, text])();

  const column = (index: number) => ({
    key: random() < 0.05 ? pick(['constructor', '__proto__', 'a b']) : `c${index}`,
    ...(random() < 0.5
      ? { format: pick(['number', 'date', 'datetime', 'currency:NOK', 'percent', 'bytes', 'text']) }
      : {}),
    ...(random() < 0.3 ? { width: pick(['1%', '100%', '30mm', '5pt']) } : {}),
  });
  const rows = () => list(40, () => Object.fromEntries(list(8, (index) => [`c${index}`, value()])));
  const picture = () => pick([() => corrupt(pictures, random), () => pick(pictures)])().toString('base64');
  const plain = { type: 'text', text: 'a' };
  const block = (depth = 0): object =>
    pick<() => object>([
      () => ({ type: 'text', text: text() }),
      () => ({ type: 'heading', level: 1 + below(3), text: word() || 'a' }),
      () => ({ type: 'list', items: list(20, () => text(300) || 'a'), ordered: random() < 0.5 }),
      () => ({ type: 'keyValues', items: list(9, () => ({ key: word() || 'a', value: value() })) }),
      () => ({ type: 'table', columns: list(8, column), rows: rows() }),
      () => ({ type: 'table', rows: { file: 'data' } }),
      () => ({
        type: 'chart',
        chart: pick(['bar', 'line', 'area', 'pie', 'stackedBar']),
        rows: rows(),
        category: 'c0',
        value: 'c1',
      }),
      () => ({ type: 'chart', chart: 'bar', rows: { file: 'data' }, category: 'c0' }),
      () => ({ type: 'image', source: { content: picture() }, alt: word() }),
      () => (depth > 0 ? plain : { type: 'toc' }),
      () => (depth > 0 ? plain : { type: 'pageBreak' }),
      () => (depth > 0 ? plain : { type: 'columns', columns: list(4, () => list(3, () => block(1))) }),
    ])();
  const dataFile = (): Uint8Array => {
    const names = list(8, (index) => `c${index}`);
    const delimiter = pick([',', ';', '\t', '|']);
    const lines = pick<() => string[]>([
      () => [names.join(delimiter), ...list(200, () => list(8, () => word().replaceAll('"', '')).join(delimiter))],
      () => list(200, () => JSON.stringify(Object.fromEntries(names.map((name) => [name, value()])))),
      () => list(50, () => text(2000)),
    ])();
    const bytes = Buffer.from(lines.join(pick(['\n', '\r\n', '\r'])), pick(['utf8', 'utf8', 'utf16le', 'latin1']));
    for (let changes = below(4); changes > 0 && bytes.length > 0; changes -= 1) bytes[below(bytes.length)] = below(256);
    return bytes;
  };
  const makeReport = (): Content => {
    const blocks = list(12, () => block());
    const isUsed = JSON.stringify(blocks).includes('"file":"data"');
    const rest = { lang: pick(['en', 'ar', 'he', 'th', 'ja', 'nb']), header: text(200), footer: text(200) };
    const input = { data: { title: word() || 'a', blocks }, ...(random() < 0.5 ? rest : {}) };
    return { kind: 'reports', input, ...(isUsed ? { files: { data: dataFile() } } : {}) };
  };
  const makeMail = (): Content => {
    const body = pick<() => object>([
      () => ({ html: text(20_000) || 'a' }),
      () => ({ markdown: text(20_000) || 'a' }),
      () => ({ text: text(20_000) || 'a' }),
      () => ({
        template: 'report-ready',
        variables: { title: value(), facts: list(5, value), url: word(), summary: text() },
      }),
    ])();
    const attachment = () => ({ filename: word().replaceAll(/[/\\]/g, '') || 'a', content: picture() });
    const headers = Object.fromEntries(list(3, (index) => [`x-${index}`, word()]));
    const to = list(3, (index) => ({ name: word(), address: `a${index}@example.no` }));
    const rest = { to, subject: word() || 'a', dryRun: true, headers, attachments: list(2, attachment) };
    return { kind: 'emails', input: { ...rest, ...body } };
  };
  /** A text of one of the worst contents, with a part of it repeated, cut out or put elsewhere. */
  const mutate = (from: string): string => {
    const [start, length] = [below(from.length), below(Math.min(from.length, 2000))];
    const part = from.slice(start, start + length);
    const changed =
      from.slice(0, start) + pick([part.repeat(3), '', pick(TOKENS), part + text(500)]) + from.slice(start + length);
    return changed.slice(0, 50_000) || 'a';
  };
  const mutateWorst = (): Content => {
    const worst = pick(MUTATED);
    const input = JSON.parse(JSON.stringify(worst.input), (key, old: unknown) =>
      MUTABLE.has(key) && typeof old === 'string' ? mutate(old.slice(0, 50_000)) : old,
    );
    const files = Object.entries(worst.files ?? {}).map(([name, content]) => [
      name,
      mutate(String(content).slice(0, 50_000)),
    ]);
    return { kind: worst.kind, input, ...(files.length > 0 ? { files: Object.fromEntries(files) } : {}) };
  };
  return () => pick([makeReport, makeMail, makeReport, makeMail, mutateWorst])();
}

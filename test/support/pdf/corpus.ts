import { messagesFor } from '../../../workers/reports/locales/index.ts';
import { createRandom } from '../fonts/random-strings.ts';

/** A report, and what must be read back of it. */
export interface Sample {
  fields: object;
  /** Each table's cells as they are read: titles, rows, totals. */
  tables: string[][][];
  /** What each heading and paragraph says. */
  texts: string[];
  /** What the links of the text say, by their address. */
  links: Map<string, string>;
  headings: string[];
}

const WORDS = {
  latin: ['Ærlig', 'naïve', 'office', 'AVATAR', 'Łódź', '(a)', '12.5', 'x/y', 'Ngữ', 'fjord'],
  hebrew: ['שלום', 'עולם', 'שָׁלוֹם', '(בדיקה)', '123', 'כֹּל', 'יפה', 'PDF'],
  arabic: ['السلام', 'مُحَمَّد', 'لا', 'إله', '(اختبار)', '٤٥٦', 'كتاب', 'PDF'],
};
const SCRIPTS = { en: WORDS.latin, nb: WORDS.latin, he: WORDS.hebrew, ar: WORDS.arabic };
type Random = (most: number) => number;

const several = (random: Random, words: string[], most: number): string =>
  Array.from({ length: 1 + random(most) }, () => words[random(words.length)])
    .join(' ')
    .normalize('NFC');
const print = (number: number): string => number.toLocaleString('en-US');

/** A table of texts, some of them empty, and of numbers, which are summed up; at times in groups. */
function makeTable(random: Random, words: string[], total: string) {
  const width = 1 + random(4);
  const groups = random(2) === 0 ? 0 : 1 + random(4);
  const keys = Array.from({ length: width }, (_, index) => `c${index}`);
  const titled = keys.map((key) => ({ key, title: `${key} ${words[0]}` }));
  const columns = [...titled, { key: 'n', format: 'number' }];
  const grid = [[...titled.map(({ title }) => title), 'n']];
  const rows: Record<string, string | number | null>[] = [];
  let sum = 0;
  for (let group = 0; group < Math.max(1, groups); group += 1) {
    let part = 0;
    for (let index = 0; index <= random(12); index += 1) {
      const texts = keys.map((key) => (groups > 0 && key === 'c0' ? `G${group}` : several(random, words, 3)));
      const shown = texts.map((text, at) => (random(4) === 0 && !(groups > 0 && at === 0) ? '' : text));
      const number = random(5) === 0 ? null : random(2000) - 500;
      rows.push({ ...Object.fromEntries(keys.map((key, at) => [key, shown[at] ?? null])), n: number });
      grid.push([...shown, number === null ? '' : print(number)]);
      part += number ?? 0;
    }
    if (groups > 0) grid.push([`${total} G${group}`, ...keys.slice(1).map(() => ''), print(part)]);
    sum += part;
  }
  grid.push([total, ...keys.slice(1).map(() => ''), print(sum)]);
  const more = groups > 0 ? { groupBy: 'c0' } : {};
  return { block: { type: 'table', columns, rows, totals: { n: 'sum' }, zebra: random(2) === 0, ...more }, grid };
}

/** Makes the report of a seed. */
export function makeSample(seed: number): Sample {
  const random = createRandom(seed);
  const [lang = 'en', words = WORDS.latin] = Object.entries(SCRIPTS)[random(4)] ?? [];
  const sample: Sample = { fields: {}, tables: [], texts: [], links: new Map(), headings: [] };
  const blocks: object[] = [{ type: 'toc', title: 'Contents' }];
  for (let index = 0; index <= random(6); index += 1) {
    const [heading, label] = [several(random, words, 4), several(random, words, 12)];
    const address = `https://example.com/${index}`;
    const [before, after] = [several(random, words, 9), several(random, words, 40)];
    const { block, grid } = makeTable(random, words, messagesFor(lang).total);
    blocks.push({ type: 'heading', text: heading, level: 1 + random(3) });
    blocks.push({ type: 'text', text: `${before} [${label}](${address}) ${after}` }, block);
    sample.headings.push(heading);
    sample.texts.push(heading, `${before} ${label} ${after}`);
    sample.links.set(address, label);
    sample.tables.push(grid);
  }
  const page = { size: random(2) === 0 ? 'A4' : 'A5', margin: '15mm' };
  sample.fields = { profile: 'PDF/UA-1', lang, locale: 'en-US', page, data: { title: 'Sample', blocks } };
  return sample;
}

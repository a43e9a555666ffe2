import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { cleanText } from '../../../workers/reports/text/clean-text.ts';
import { createRandom, createStrings, listCharacters } from '../../support/fonts/random-strings.ts';
import { makeSample, type Sample } from '../../support/pdf/corpus.ts';
import { type Area, type Link, readLinks, readWords } from '../../support/pdf/links.ts';
import { renderTo } from '../../support/pdf/render.ts';
import { findTags, gridOf, readTagTree, type TagNode, textOf } from '../../support/pdf/tag-tree.ts';
import { findTagFaults } from '../../support/reports/tagged-pdf.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const folder = makeTempDir();
afterAll(() => folder.remove());
const pdf = join(folder.path, 'report.pdf');

const SAMPLES = 25;
const flat = (text: string): string => text.replace(/\s+/g, ' ').trim();
/** What a text has without spaces and the marks that tell directions, which engines set as they like. */
const squeeze = (text: string): string => text.replace(/[\s\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
const letters = (text: string): string => [...squeeze(text)].sort().join('');

const ask = (program: string, ...args: string[]): string => execFileSync(program, args, { maxBuffer: 1e9 }).toString();

const hasMutool = (() => {
  try {
    execFileSync('mutool', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** The text of the PDF as poppler reads it, and MuPDF where it is installed. */
const readByEngines = (): string[] => [
  ask('pdftotext', '-raw', pdf, '-'),
  ...(hasMutool ? [ask('mutool', 'draw', '-q', '-F', 'txt', pdf)] : []),
];

/** Within a link's rectangle lies the middle of each of its words. */
const isWithin = (word: Area, link: Link): boolean =>
  word.page === link.page &&
  (word.left + word.right) / 2 > link.left &&
  (word.left + word.right) / 2 < link.right &&
  (word.top + word.bottom) / 2 > link.top &&
  (word.top + word.bottom) / 2 < link.bottom;

function checkTree(tree: TagNode, sample: Sample): void {
  const grids = findTags(tree, 'Table').map((table) =>
    gridOf(table).map((cells) => cells.map((cell) => flat(textOf(cell)))),
  );
  expect(grids).toEqual(sample.tables);
  for (const table of findTags(tree, 'Table')) {
    const [titles = [], ...rows] = gridOf(table);
    expect(titles.every(({ role, attributes }) => role === 'TH' && attributes['Scope'] === 'Column')).toBe(true);
    for (const cells of rows)
      expect(cells.map(({ role }) => role)).toEqual(cells.map((_, at) => (at === 0 ? 'TH' : 'TD')));
  }
  const read = ['H1', 'H2', 'H3', 'P'].flatMap((role) => findTags(tree, role).map((node) => flat(textOf(node))));
  expect(read.sort()).toEqual(['Sample', ...sample.texts].sort());
}

async function checkLinks(sample: Sample): Promise<void> {
  const [links, words] = [await readLinks(pdf), await readWords(pdf)];
  const coveredBy = (link: Link): string =>
    words
      .filter((word) => isWithin(word, link))
      .map(({ text }) => text)
      .join('');
  for (const [address, label] of sample.links) {
    const covered = links.filter(({ uri }) => uri === address).map(coveredBy);
    expect(letters(covered.join(''))).toBe(letters(label));
  }
  const entries = links.filter(({ target }) => target);
  const said = new Map(entries.map((link) => [link.contents, '']));
  for (const link of entries) said.set(link.contents, `${said.get(link.contents)}${coveredBy(link)}`);
  const listed = sample.headings.map((heading) =>
    [...said].filter(([contents]) => contents.startsWith(`${heading}, `)),
  );
  expect(listed.every((found) => found.length > 0)).toBe(true);
  for (const link of entries) expect(link.target?.page).toBe(Number(/\d+$/.exec(link.contents)?.[0]));
}

/** How many strings are drawn, in PDFs of so many. */
// biome-ignore lint/style/noProcessEnv: what a run by hand is told
const { STRINGS_COUNT = '600', STRINGS_SEED = '1' } = process.env;
// Poppler takes a hundred times as long for the tags of ten times as many.
const STRINGS_OF_A_PDF = 200;

/**
 * Letters as engines write them: some take presentation forms for what they stand for, join what marks part, and leave out
 * letters that nobody sees at the end of a line. The tags have them all.
 */
function countLetters(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const letter of squeeze(text)
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]|\p{Default_Ignorable_Code_Point}/gu, ''))
    counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return counts;
}

it('random strings of all scripts and marks: are read back letter by letter, boxes too', async () => {
  const random = createRandom(Number(STRINGS_SEED));
  const next = createStrings(listCharacters(/[\p{L}\p{M}\p{N}\p{P}\p{S}]/u), random);
  // Signs for which another that says the same is drawn, and marks of inline text, are left out.
  const isPlain = (text: string) => text.trim() !== '' && !/[*[\]\\￥￡￠￦％＋－，．：٬٫٪؉ʼ‐‑−]/.test(text);
  const differences: string[] = [];
  for (let left = Number(STRINGS_COUNT); left > 0; left -= STRINGS_OF_A_PDF) {
    const length = Math.min(left, STRINGS_OF_A_PDF);
    const strings = Array.from({ length }, next).map(cleanText).filter(isPlain);
    const blocks = strings.map((text) => ({ type: 'list', items: [text] }));
    await renderTo(pdf, { profile: 'PDF/UA-1', footer: '', data: { title: 'T', blocks } });
    ask('qpdf', '--check', pdf);
    expect(await findTagFaults(pdf)).toEqual([]);
    expect(findTags(await readTagTree(pdf), 'LBody').map(textOf)).toEqual(strings);
    // MuPDF 1.21 takes a letter beyond U+FFFF that shares its box with a mark for no letter.
    const sent = [strings.join(''), strings.join('').replace(/[\u{10000}-\u{10ffff}]/gu, '')];
    for (const [engine, text] of readByEngines().entries()) {
      const read = countLetters(text);
      const missing = [...countLetters(sent[engine] ?? '')].filter(
        ([letter, count]) => (read.get(letter) ?? 0) < count,
      );
      for (const [letter, count] of missing) {
        const code = letter.codePointAt(0)?.toString(16);
        const places = strings
          .filter((one) => one.normalize('NFKD').includes(letter))
          .map((one) => JSON.stringify(one));
        differences.push(`${engine}: ${code} ${read.get(letter) ?? 0} of ${count} in ${places.join(' ')}`);
      }
    }
  }
  expect(differences).toEqual([]);
});

describe('a corpus of reports', () => {
  it.each(Array.from({ length: SAMPLES }, (_, index) => index + 1))(
    'number %i: cells, sums, texts, links and tags are read back as they were sent',
    async (seed) => {
      const sample = makeSample(seed);
      const { warnings } = await renderTo(pdf, sample.fields);
      expect(warnings).toEqual([]);
      ask('qpdf', '--check', pdf);
      expect(await findTagFaults(pdf)).toEqual([]);
      checkTree(await readTagTree(pdf), sample);
      await checkLinks(sample);
      const cells = sample.tables.flat(2).filter((text) => text !== '');
      for (const engine of readByEngines().map(squeeze)) {
        const missing = cells.flatMap((text) => text.split(' ')).filter((word) => !engine.includes(squeeze(word)));
        expect(missing).toEqual([]);
      }
    },
  );
});

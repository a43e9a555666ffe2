import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { createRenderPool } from '../../../../workers/reports/render/pool.ts';
import { type Bench, checkPdf, drawPage, openBench, readFonts, readPages } from '../bench.ts';

const pool = createRenderPool(1);
afterAll(() => pool.close());

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.remove();
});

async function draw(texts: string[], rest: object = {}, fonts?: string[]) {
  const blocks = texts.map((text) => ({ type: 'text', text }));
  const bench = await openBench({ footer: '', data: { title: texts[0], blocks }, ...rest });
  benches.push(bench);
  const { job, context } = bench;
  const pdf = bench.path('report.pdf');
  const task = { input: job.input, createdAt: job.createdAt, pdf, maxRows: 1000, maxPages: 1000, fonts };
  const report = await pool.render(task, { signal: context.signal, onProgress: () => {} });
  return { ...report, pdf, text: plain((await readPages(pdf)).join('\n')) };
}

/** What pdftotext read, without the marks it puts around right-to-left text, and with single spaces. */
const plain = (text: string) => text.replace(/[\u200e\u200f\u202a-\u202e]/g, '').replace(/\s+/g, ' ');
/** Beside a number pdftotext may put a space at its other side. */
const squeeze = (text: string) => text.replace(/\s/g, '');

/** Where each word stands on its page, in points. */
async function readWords(pdf: string): Promise<Map<string, { left: number; right: number }>> {
  const { stdout } = await promisify(execFile)('pdftotext', ['-bbox', pdf, '-']);
  const words = stdout.matchAll(/<word xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)" yMax="[\d.]+">(.*?)<\/word>/g);
  return new Map(
    Array.from(words, ([, left, right, word = '']) => [word, { left: Number(left), right: Number(right) }]),
  );
}

const LEFT_TO_RIGHT = {
  Norwegian: 'Blåbærsyltetøy på ærlig norsk – «sitat» 1\u202f234,50 kr',
  German: 'Größe, Übermut und Ärger: Straße „Zitat“ ẞ',
  French: 'L’été, ça va ? Œuvre naïve « citée » où',
  Greek: 'Ξεσκεπάζω την ψυχοφθόρα βδελυγμία ΰ',
  Russian: 'Съешь же ещё этих мягких французских булок',
  Ukrainian: 'Жебракують філософи при ґанку церкви в Гадячі, їхнє п’яне',
  Turkish: 'Pijamalı hasta yağız şoföre çabucak güvendi İIıi',
  Vietnamese: 'Tiếng Việt có nhiều dấu: ế ề ể ễ ệ ữ ợ',
  Polish: 'Zażółć gęślą jaźń',
  'a formula': '−5 ≤ x ≠ ∞ → ½ × 100 %',
};

/** Whole words and lines: pdftotext reads these exactly as they were written. */
const RIGHT_TO_LEFT = {
  Hebrew: 'שלום עולם (בדיקה) ועוד מילה.',
  'Hebrew with vowels': 'שָׁלוֹם עֲלֵיכֶם',
  Arabic: 'السلام عليكم ورحمة الله لا إله إلا الله (اختبار)',
  'Arabic with vowels': 'مُحَمَّد رَسُولُ',
  Persian: 'می\u200cخواهم کتاب\u200cها را بخوانم',
  Urdu: 'یہ ایک رپورٹ ہے',
};

describe('text in every script', () => {
  it('ten languages from left to right, upright, bold and slanted: are read back, from embedded fonts', async () => {
    const texts = Object.values(LEFT_TO_RIGHT);
    const { text, pdf, warnings } = await draw(texts.flatMap((each) => [each, `**${each}**`, `*${each}*`]));
    for (const each of texts) expect(text.split(plain(each)).length - 1).toBeGreaterThanOrEqual(3);
    expect(warnings).toEqual([]);
    const fonts = await readFonts(pdf);
    expect(fonts).toHaveLength(3);
    expect(fonts.every(({ embedded, readable }) => embedded && readable)).toBe(true);
    await checkPdf(pdf);
  });

  it.each(Object.entries(RIGHT_TO_LEFT))('%s: is read back in the order it was written', async (_, each) => {
    const { text, pdf, warnings } = await draw([each, `**${each}**`], { lang: 'he' });
    expect(text.split(each).length - 1).toBe(3);
    expect(warnings).toEqual([]);
    expect((await readFonts(pdf)).every(({ embedded, readable }) => embedded && readable)).toBe(true);
    await checkPdf(pdf);
  });

  it('right-to-left sentences with numbers and English: every character is read back in its order', async () => {
    const texts = [
      'שלום (בדיקה) 123 וגם English text בסוף',
      'بلغ المجموع ١٬٢٣٤٫٥٠ جنيهًا و 456 في English text هنا',
      'قیمت ۱۲۳۴ تومان است',
    ];
    const { text } = await draw(texts, { lang: 'he' });
    for (const each of texts) expect(squeeze(text)).toContain(squeeze(each));
  });

  it('Hebrew and Arabic words in English sentences: are read back', async () => {
    const each = 'In Hebrew it is שלום עולם, in Arabic مرحبا, said 25%.';
    expect((await draw([each])).text.split(each).length - 1).toBe(2);
  });

  it('letters of several reports from one thread: are read back, whatever the ones before made of them', async () => {
    for (const each of ['Åre Ésa مرحبا', 'Are Esa مرح با', 'Åre Ésa مرحبا'])
      expect((await draw([each], { lang: 'en' })).text.split(each).length - 1).toBe(2);
  });

  it('the same report after one of odd marks: has the same bytes', async () => {
    const odd = ['\u0641\u0650\u064a\u0647\u0650\u06d6', 's\u0336t\u0336 e\u0335', '\u0301\u05b8\u0e31'];
    const [before, , after] = [await draw(['السلام e\u0301']), await draw(odd), await draw(['السلام e\u0301'])];
    expect(await readFile(after.pdf)).toEqual(await readFile(before.pdf));
  });

  it('Georgian and Armenian: come from a font that the system has', async () => {
    const each = 'ქართული ენა, Հայերեն';
    const { text, pdf, warnings } = await draw([each]);
    expect(text).toContain(each);
    expect(warnings).toEqual([]);
    const fonts = await readFonts(pdf);
    expect(fonts.every(({ embedded, readable }) => embedded && readable)).toBe(true);
    await checkPdf(pdf);
  });

  it('fonts that the settings name: are taken before the others of the system', async () => {
    const path = '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf';
    const { pdf } = await draw(['ქართული'], {}, [path]);
    expect((await readFonts(pdf)).map(({ name }) => name)).toContainEqual(expect.stringMatching(/DejaVuSans/));
  });
});

describe('a right-to-left document', () => {
  /** The first and last column with ink, of 595, between two heights in points. */
  async function inkBetween(pdf: string, top: number, bottom: number): Promise<[number, number]> {
    const { width, dots } = await drawPage(pdf, 1);
    const columns = [...dots.subarray(top * width, bottom * width).entries()].filter(([, dot]) => dot < 128);
    const xs = columns.map(([index]) => index % width);
    return [xs.reduce((a, b) => Math.min(a, b)), xs.reduce((a, b) => Math.max(a, b))];
  }

  it('its text and its head: stand at the right', async () => {
    const { pdf } = await draw(['שלום'], { locale: 'he-IL', header: 'כותרת' });
    const [left, right] = await inkBetween(pdf, 60, 300);
    expect(left).toBeGreaterThan(420);
    expect(right).toBeLessThan(540);
    expect((await inkBetween(pdf, 10, 40))[0]).toBeGreaterThan(480);
  });

  it("a table's first column, a list's bullets and a column's numbers: stand at the right", async () => {
    const columns = [
      { key: 'name', title: 'Name' },
      { key: 'sum', title: 'Sum', format: 'number' },
    ];
    const rows = [
      { name: 'one', sum: 1 },
      { name: 'two', sum: 1000 },
    ];
    const blocks = [
      { type: 'table', columns, rows },
      { type: 'list', items: ['item'] },
    ];
    const { pdf } = await draw([], { lang: 'he', data: { title: 'T', blocks } });
    const words = await readWords(pdf);
    const place = (word: string) => words.get(word) ?? { left: Number.NaN, right: Number.NaN };
    expect(place('Name').right).toBeGreaterThan(520);
    expect(place('Name').left).toBeGreaterThan(place('Sum').right);
    expect(place('•').left).toBeGreaterThan(place('item').right);
    expect(place('1').right).toBeCloseTo(place('1,000').right, 1);
  });

  it('a Hebrew paragraph in an English document: stands at the right, the others at the left', async () => {
    const { pdf } = await draw(['left', 'שלום עולם'], {
      data: { title: 'T', blocks: [{ type: 'text', text: 'שלום' }] },
    });
    expect((await inkBetween(pdf, 115, 200))[0]).toBeGreaterThan(450);
  });
});

describe('characters that no font has', () => {
  const UNKNOWN = '\u{10fffd}';

  it('a box is drawn, which is read as the character; one warning names it with the first page it is on', async () => {
    const blocks = [
      { type: 'pageBreak' },
      { type: 'text', text: `Hello ${UNKNOWN}!` },
      { type: 'text', text: `Again ${UNKNOWN}.` },
    ];
    const { text, warnings } = await draw([], { data: { title: 'T', blocks } });
    expect(text).toContain(`Hello ${UNKNOWN}!`);
    const message = `No font has the character "${UNKNOWN}" (U+10FFFD) in "Hello ${UNKNOWN}!".`;
    expect(warnings).toEqual([{ code: 'missing_glyph', message, page: 2 }]);
  });

  it('strict: the report fails as report_failed, with the text and the page', async () => {
    const blocks = [{ type: 'pageBreak' }, { type: 'text', text: `Hello ${UNKNOWN}!` }];
    await expect(draw([], { strict: true, data: { title: 'T', blocks } })).rejects.toMatchObject({
      code: 'report_failed',
      retryable: false,
      message:
        `No font has the character "${UNKNOWN}" (U+10FFFD) in "Hello ${UNKNOWN}!", on page 2: ` +
        'take it out of the report, or leave out "strict" to print a box for it.',
    });
  });

  it('strict, with all characters there: is drawn', async () => {
    expect((await draw(['Hello'], { strict: true })).pages).toBe(1);
  });

  it('every control character, marks without letters, lone surrogates: the PDF is sound', async () => {
    const controls = Array.from({ length: 160 }, (_, code) => String.fromCharCode(code)).join('a');
    const odd = '\u0301 \u05b8 \u064e \u200d \u200f \ufffe \ud800 \u{e0041} \u2067 \ufe0f';
    const { pdf, text } = await draw(['T', `x${controls}y`, `x${odd}y`, `א${odd}ב`]);
    expect(text).toContain('!a"a#a$a%a&a');
    await checkPdf(pdf);
  });
});

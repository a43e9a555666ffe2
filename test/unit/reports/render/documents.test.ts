import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import sharp from 'sharp';
import { defaultConfig } from '../../../../workers/config.ts';
import { createProcessor } from '../../../../workers/reports/processor.ts';
import { findTags, readTagTree, textOf } from '../../../support/pdf/tag-tree.ts';
import { type Bench, checkPdf, drawPage, openBench, readFonts, readInfo, readPages } from '../bench.ts';

const run = promisify(execFile);
const processor = createProcessor({ config: defaultConfig(), log: pino({ level: 'silent' }) });
afterAll(() => processor.close?.());

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.remove();
});

/** Draws a report and answers its path. */
async function draw(fields: Record<string, unknown>): Promise<string> {
  const bench = await openBench(fields);
  benches.push(bench);
  await processor.process(bench.job, bench.context);
  return bench.path('report.pdf');
}

const documentOf = (blocks: object[], rest: object = {}, data: object = {}) => ({
  locale: 'en-GB',
  data: { title: 'Title', ...data, blocks },
  ...rest,
});
const heading = (text: string, level = 1) => ({ type: 'heading', level, text });
const lines = (count: number) => ({
  type: 'list',
  items: Array.from({ length: count }, (_, index) => `line ${index}`),
});
const flat = (text: string | undefined) => text?.replace(/\s+/g, ' ').trim() ?? '';

/** The objects of the file as qpdf reads them. */
async function readJson(pdf: string): Promise<Record<string, { value?: Record<string, unknown> }>> {
  const { stdout } = await run('qpdf', ['--json', '--json-key=qpdf', pdf], { maxBuffer: 50_000_000 });
  return JSON.parse(stdout).qpdf[1];
}

/** The page that each link inside the report leads to, in the order of the file. */
async function readLinks(pdf: string): Promise<number[]> {
  const objects = await readJson(pdf);
  const root = objects['trailer']?.value?.['/Root'];
  const top = objects[`obj:${objects[`obj:${root}`]?.value?.['/Pages']}`]?.value?.['/Kids'] as string[];
  return Object.values(objects).flatMap(({ value }) => {
    const target = value?.['/Subtype'] === '/Link' ? (value['/Dest'] as string[] | undefined) : undefined;
    return target ? [top.indexOf(target[0] ?? '') + 1] : [];
  });
}

it('lists inside lists, marks and code: in their order, with tags inside one another', async () => {
  const inner = { text: 'two', ordered: true, items: ['a', { text: 'b', items: [{ text: 'c', items: ['H~2~O'] }] }] };
  const list = { type: 'list', ordered: true, items: ['one', inner] };
  const text = { type: 'text', text: 'x^2^ and `code`' };
  const pdf = await draw(documentOf([list, text], { profile: 'PDF/UA-1' }));
  await checkPdf(pdf);
  const read = flat((await readPages(pdf))[0]);
  expect(read).toContain('1. one 2. two 2.1. a 2.2. b ▪ c – H2O x2 and code');
  const lists = findTags(await readTagTree(pdf), 'L');
  expect(lists.map(textOf)).toEqual(['1.one2.two2.1.a2.2.b▪c–H2O', '2.1.a2.2.b▪c–H2O', '▪c–H2O', '–H2O']);
  expect((await readFonts(pdf)).map(({ name }) => name.replace(/^\w+\+/, '')).toSorted()).toEqual([
    'SourceCodePro-Regular',
    'SourceSans3-Regular',
    'SourceSans3-SemiBold',
  ]);
});

describe('a table of contents', () => {
  const chapters = [heading('First'), lines(60), heading('Below', 2), heading('Deep', 3), lines(60), heading('Last')];

  it('headings on several pages: each with its page, and a link that leads there', async () => {
    const pdf = await draw(documentOf([{ type: 'toc' }, ...chapters]));
    const pages = await readPages(pdf);
    expect(flat(pages[0])).toContain('Contents First 1 Below 2 Deep 2 Last 4');
    for (const [index, text] of [
      [1, 'Deep'],
      [3, 'Last'],
    ] as const)
      expect(flat(pages[index])).toContain(text);
    expect(await readLinks(pdf)).toEqual([1, 2, 2, 4]);
  });

  it('more entries than a page holds: the pages it fills itself are counted', async () => {
    const many = Array.from({ length: 120 }, (_, index) => heading(`Chapter ${index}`, 2));
    const pdf = await draw(documentOf([{ type: 'toc' }, { type: 'pageBreak' }, ...many]));
    const pages = await readPages(pdf);
    const first = pages.findIndex((page) => !/Chapter \d+ +\d/.test(page)) + 1;
    expect(first).toBeGreaterThan(2);
    expect(flat(pages[0])).toContain(`Chapter 0 ${first} Chapter 1 ${first}`);
    expect(flat(pages[first - 2])).toContain(`Chapter 119 ${pages.length}`);
    expect(pages.at(-1)).toContain('Chapter 119');
    expect(new Set(await readLinks(pdf)).size).toBe(pages.length - first + 1);
  });

  it('levels, a title of its own, headings in columns: as they were asked for', async () => {
    const columns = { type: 'columns', columns: [[heading('Left', 2)], [heading('Right', 3)]] };
    const pdf = await draw(documentOf([{ type: 'toc', title: 'What is inside', levels: 2 }, heading('One'), columns]));
    expect(flat((await readPages(pdf))[0])).toContain('What is inside One 1 Left 1 One Left Right');
  });

  it('a report without headings: has no title above nothing', async () => {
    const pdf = await draw(documentOf([{ type: 'toc' }, { type: 'text', text: 'Body' }]));
    expect(flat((await readPages(pdf))[0])).toBe('Title Body Page 1 of 1');
  });

  it('a heading that is too long for a line: the number stands beside its last one', async () => {
    const long = 'words that go on '.repeat(12).trim();
    const pdf = await draw(documentOf([{ type: 'toc' }, heading(long)]));
    expect(flat((await readPages(pdf))[0])).toContain(`Contents ${long} 1 ${long}`);
  });

  it('a right-to-left report: the numbers stand at the left', async () => {
    const pdf = await draw(documentOf([{ type: 'toc', title: 'x' }, heading('שלום')], { lang: 'he', footer: '' }));
    const { width, dots } = await drawPage(pdf, 1);
    const left = Math.round((20 / 25.4) * 72);
    const isDark = (x: number) =>
      Array.from({ length: 80 }, (_, row) => dots[(130 + row) * width + x] ?? 255).some((dot) => dot < 120);
    expect(Array.from({ length: 5 }, (_, index) => isDark(left + index)).some(Boolean)).toBe(true);
  });

  it('a heading on a page that lies on its side: the link leads there', async () => {
    const columns = Array.from({ length: 14 }, (_, index) => ({ key: `column${index}`, title: `Unbreakable${index}` }));
    const table = { type: 'table', columns, rows: [{}] };
    const pdf = await draw(
      documentOf([{ type: 'toc' }, heading('Upright'), { type: 'pageBreak' }, heading('Turned'), table]),
    );
    expect(await readInfo(pdf, 2)).toMatchObject({ 'Page 2 size': '841.89 x 595.28 pts (A4)' });
    expect(flat((await readPages(pdf))[1])).toContain('Turned');
    expect((await readLinks(pdf)).at(-1)).toBe(2);
  });

  it('the side bar: nested as the headings are, each entry at its heading', async () => {
    const pdf = await draw(documentOf(chapters, { outline: true }));
    const objects = Object.values(await readJson(pdf)).flatMap(({ value }) =>
      value?.['/Title'] && value['/Dest'] ? [value] : [],
    );
    expect(objects.map((entry) => entry['/Title'])).toEqual(
      expect.arrayContaining(['u:First', 'u:Below', 'u:Deep', 'u:Last']),
    );
    const deep = objects.find((entry) => entry['/Title'] === 'u:Deep');
    const below = objects.find((entry) => entry['/Title'] === 'u:Below');
    expect(deep?.['/Parent']).not.toBe(below?.['/Parent']);
    expect(deep).toMatchObject({ '/Dest': [expect.anything(), '/XYZ', null, expect.any(Number), null] });
  });
});

describe('what a file says about itself', () => {
  it('signs that XML has for itself, and what it cannot hold: the metadata stays readable', async () => {
    const pdf = await draw(documentOf([], { lang: 'nb' }, { title: 'Q&A <"1">\u0001 😀', author: 'Å & B' }));
    const { stdout } = await run('pdfinfo', ['-meta', pdf]);
    expect(stdout).toContain('<rdf:li xml:lang="x-default">Q&amp;A &lt;&quot;1&quot;&gt; 😀</rdf:li>');
    expect(stdout).toContain('<rdf:li>Å &amp; B</rdf:li>');
    expect(stdout).toContain('<xmp:CreateDate>2026-11-01T10:00:00Z</xmp:CreateDate>');
    const info = await readInfo(pdf);
    expect(info).toMatchObject({ Author: 'Å & B', Creator: 'Heavylift', CreationDate: '2026-11-01T10:00:00Z' });
  });
});

describe('PDF/A', () => {
  const blocks = [{ type: 'toc' }, heading('One'), { type: 'text', text: 'a [link](https://example.com) 漢' }];

  it.each([
    ['PDF/A-2b', '2'],
    ['PDF/A-3b', '3'],
  ])(
    '%s: says so, describes its colours, has an ID, embeds every font, and is not encrypted',
    async (profile, part) => {
      const pdf = await draw(documentOf(blocks, { profile }));
      await checkPdf(pdf);
      const { stdout } = await run('pdfinfo', ['-meta', pdf]);
      expect(stdout).toContain(`<pdfaid:part>${part}</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>`);
      const objects = await readJson(pdf);
      const trailer = objects['trailer']?.value;
      expect(trailer?.['/ID']).toHaveLength(2);
      expect(trailer).not.toHaveProperty('/Encrypt');
      const intent = Object.values(objects).find(({ value }) => value?.['/Type'] === '/OutputIntent')?.value;
      expect(intent).toMatchObject({ '/S': '/GTS_PDFA1', '/OutputConditionIdentifier': 'u:sRGB IEC61966-2.1' });
      const fonts = await readFonts(pdf);
      expect(fonts.length).toBeGreaterThan(1);
      expect(fonts.every(({ embedded, readable }) => embedded && readable)).toBe(true);
      const links = Object.values(objects).filter(({ value }) => value?.['/Subtype'] === '/Link');
      expect(links.map(({ value }) => value?.['/F'])).toEqual([4, 4]);
      const all = JSON.stringify(objects);
      for (const forbidden of ['/JavaScript', '/Launch', '/OpenAction', '/AA', '/Interpolate', '/LZWDecode', '/TR']) {
        expect(all).not.toContain(`"${forbidden}"`);
      }
    },
  );

  it('a picture in CMYK: fails with the way out; without the profile it is shown', async () => {
    const noise = { create: { width: 8, height: 8, channels: 3, background: '#0a0' } } as const;
    const picture = await sharp(noise).toColourspace('cmyk').jpeg().toBuffer();
    const image = { type: 'image', source: { content: picture.toString('base64') }, alt: '' };
    await expect(draw(documentOf([image], { profile: 'PDF/A-3b' }))).rejects.toMatchObject({
      code: 'report_failed',
      message:
        "The image at /data/blocks/0 has the colours of a press (CMYK), which this PDF/A can't hold: send it in RGB.",
    });
    await checkPdf(await draw(documentOf([image])));
  });

  it('the same report twice: the same bytes', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => draw(documentOf(blocks, { profile: 'PDF/A-2b' }))));
    expect((await readFile(one ?? '')).equals(await readFile(two ?? ''))).toBe(true);
  });
});

describe('a password', () => {
  const password = 'blåbær 漢 1';

  it('without it the file stays closed; with it everything is allowed, with AES-256', async () => {
    const pdf = await draw(documentOf([heading('Secret')], { password }));
    await expect(run('pdftotext', [pdf, '-'])).rejects.toThrow('Incorrect password');
    await expect(run('pdftotext', ['-upw', 'blabaer', pdf, '-'])).rejects.toThrow('Incorrect password');
    const { stdout } = await run('qpdf', ['--check', `--password=${password}`, pdf]);
    for (const fact of [
      'R = 6',
      'Supplied password is user password',
      'modify anything: allowed',
      'file encryption method: AESv3',
    ]) {
      expect(stdout).toContain(fact);
    }
    const text = await run('pdftotext', ['-upw', password, pdf, '-']);
    expect(flat(text.stdout)).toBe('Title Secret Page 1 of 1');
    expect((await readFile(pdf)).includes('Secret')).toBe(false);
  });

  it('a password as long as the standard takes: opens the file', async () => {
    const longest = 'x'.repeat(127);
    const pdf = await draw(documentOf([], { password: longest }));
    await expect(run('qpdf', ['--check', `--password=${longest}`, pdf])).resolves.toBeDefined();
    await expect(run('qpdf', ['--check', `--password=${longest.slice(1)}`, pdf])).rejects.toThrow('invalid password');
  });
});

describe('attachments', () => {
  const content = Buffer.from('a,b\n1,2\n');
  const ofContent = (filename: string, more: object = {}) => ({
    filename,
    content: content.toString('base64'),
    ...more,
  });

  /** What is inside the file, by name. */
  async function detach(pdf: string, password?: string): Promise<string[]> {
    const { stdout } = await run('pdfdetach', ['-list', ...(password ? ['-upw', password] : []), pdf]);
    return stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^\d+: /, ''));
  }

  it('files of the request: come out as they went in, with their names, in their order', async () => {
    const attachments = [
      ofContent('tåll.csv', { type: 'text/csv', description: 'Tall' }),
      { filename: 'tom.txt', content: '' },
    ];
    const pdf = await draw(documentOf([], { attachments, profile: 'PDF/A-3b' }));
    await checkPdf(pdf);
    expect(await detach(pdf)).toEqual(['tåll.csv', 'tom.txt']);
    await run('pdfdetach', ['-save', '1', '-o', `${pdf}.out`, pdf]);
    expect((await readFile(`${pdf}.out`)).equals(content)).toBe(true);
    const objects = Object.values(await readJson(pdf)).map(({ value }) => value);
    expect(objects.find((value) => value?.['/Type'] === '/Filespec')).toMatchObject({
      '/UF': 'u:tåll.csv',
      '/Desc': 'u:Tall',
      '/AFRelationship': '/Unspecified',
    });
  });

  it('in a file with a password: closed with it', async () => {
    const pdf = await draw(documentOf([], { attachments: [ofContent('a.csv')], password: 'pw' }));
    expect(await detach(pdf, 'pw')).toEqual(['a.csv']);
    await run('pdfdetach', ['-upw', 'pw', '-save', '1', '-o', `${pdf}.out`, pdf]);
    expect((await readFile(`${pdf}.out`)).equals(content)).toBe(true);
  });

  it('a file of the form and one of another job: are inside; a job’s file keeps its name where it gets none', async () => {
    const job = 'img_00000000000000000000000000';
    const attachments = [
      { filename: 'form.bin', file: 'attachment1' },
      { job, file: 'made' },
    ];
    const bench = await openBench(documentOf([], { attachments }));
    benches.push(bench);
    const upload = await bench.context.storage.write('upload', 'application/octet-stream', Buffer.from([0, 1, 2]));
    const made = await bench.context.storage.write('made.png', 'image/png', content);
    const find = async (id: string) => ({ id, state: 'completed' as const, files: [made] });
    const context = { ...bench.context, jobs: { find } };
    await processor.process({ ...bench.job, uploads: { attachment1: upload } }, context);
    expect(await detach(bench.path('report.pdf'))).toEqual(['form.bin', 'made.png']);
  });

  it('more bytes than a report may hold: the job fails and says which limit', async () => {
    const bench = await openBench(documentOf([], { attachments: [{ filename: 'a.bin', file: 'attachment' }] }));
    benches.push(bench);
    const large = { key: 'x', name: 'x', type: 'application/octet-stream', bytes: 10_000_001, sha256: '' };
    await expect(
      processor.process({ ...bench.job, uploads: { attachment: large } }, bench.context),
    ).rejects.toMatchObject({
      code: 'report_failed',
      message: 'The attached files may have 10 MB together; these have more.',
    });
  });
});

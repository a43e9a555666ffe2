import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { invalidFields } from '../../../src/fields/invalid-request.ts';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { reports } from '../../../workers/reports/job.ts';
import { limitMemory } from '../../../workers/reports/merge/qpdf.ts';
import { createProcessor } from '../../../workers/reports/processor.ts';
import { drawForeignPdf, HOSTILE_PDFS, writePdf } from '../../support/pdf/foreign.ts';
import { type Bench, checkPdf, openBench, readPages } from './bench.ts';

const run = promisify(execFile);
const processor = createProcessor({ config: defaultConfig(), log: pino({ level: 'silent' }) });
afterAll(() => processor.close?.());

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.remove();
});

const PDF = 'application/pdf';
const uploadOf = (letter: string) => ({ upload: `upd_${letter.repeat(26)}` });
const [FIRST, OTHER, JOB] = [uploadOf('a'), uploadOf('b'), { job: `rep_${'c'.repeat(26)}` }];

/** Draws a report with these files to name, by their id. */
async function draw(fields: Record<string, unknown>, files: Record<string, Buffer | StoredFile[]>) {
  const bench = await openBench(fields);
  benches.push(bench);
  const stored: Record<string, StoredFile[]> = {};
  for (const [id, content] of Object.entries(files)) {
    stored[id] = Array.isArray(content) ? content : [await bench.context.storage.write(`${id}.pdf`, PDF, content)];
  }
  const find = async (id: string) => ({ id, state: 'completed' as const, files: stored[id] ?? [] });
  const { result } = await processor.process(bench.job, { ...bench.context, jobs: { find } });
  return { result, bench, pdf: bench.path('report.pdf') };
}

const REPORT = {
  locale: 'en-GB',
  outline: true,
  data: {
    title: 'Own',
    blocks: [
      { type: 'toc' },
      { type: 'heading', text: 'Chapter' },
      { type: 'text', text: '\u{10ffff} [web](https://own.example/)' },
    ],
  },
  attachments: [{ filename: 'a.txt', content: 'YQ==' }],
};

interface QpdfPage {
  object: string;
}

/** What qpdf reads of a file: its pages as dictionaries, with their annotations, and more. */
async function readBack(pdf: string) {
  const { stdout } = await run('qpdf', ['--json', pdf], { maxBuffer: 100_000_000 });
  const { pages, outlines, acroform, qpdf } = JSON.parse(stdout);
  const objects = qpdf[1] as Record<string, { value?: Record<string, unknown> }>;
  const follow = (value: unknown): unknown =>
    typeof value === 'string' ? (objects[`obj:${value}`]?.value ?? value) : value;
  return {
    pages: (pages as QpdfPage[]).map(({ object }) => {
      const page = objects[`obj:${object}`]?.value ?? {};
      const annotations = ((follow(page['/Annots']) ?? []) as unknown[]).map(follow) as Record<string, unknown>[];
      return { page, annotations };
    }),
    outlines: outlines as { title: string; destpageposfrom1: number }[],
    fields: (acroform.fields as { fullname: string; pageposfrom1: number }[]).map(({ fullname, pageposfrom1 }) => [
      fullname,
      pageposfrom1,
    ]),
  };
}

describe('PDFs before and behind a report', () => {
  it('their pages stand around its own, which keeps its tags, links, side bar, files and names', async () => {
    const fields = { ...REPORT, prepend: [FIRST], append: [JOB, FIRST] };
    const other = await draw({ data: { title: 'Other' } }, {});
    const content = await other.bench.context.storage.read('results/report.pdf');
    const files = { [FIRST.upload]: await drawForeignPdf(), [JOB.job]: content };
    const { result, pdf } = await draw(fields, files);
    expect(result.pages).toBe(6);
    // A warning's page is that of the whole file.
    expect(result.warnings.map(({ code, page }) => [code, page])).toEqual([['missing_glyph', 3]]);
    await checkPdf(pdf);
    const texts = (await readPages(pdf)).map((page) => page.replaceAll(/\s+/g, ' ').trim());
    expect(texts.map((text) => text.slice(0, 14))).toEqual([
      'Foreign first ',
      'Foreign second',
      'Own Contents C',
      'Other Page 1 o',
      'Foreign first ',
      'Foreign second',
    ]);
    expect(texts[2]).toContain('Page 1 of 1');
    const { pages, outlines, fields: forms } = await readBack(pdf);
    expect(outlines).toMatchObject([{ title: 'Chapter', destpageposfrom1: 3 }]);
    expect(forms.map(([, page]) => page)).toEqual([1, 5]);
    expect(pages.map(({ page }) => page['/Rotate'])).toEqual([undefined, 90, undefined, undefined, undefined, 90]);
    // Tags are the report's alone: no other page means a part of them.
    expect(pages.map(({ page }) => page['/StructParents'])).toEqual([
      undefined,
      undefined,
      0,
      undefined,
      undefined,
      undefined,
    ]);
    expect(pages[0]?.annotations.map((one) => one['/StructParent'])).toEqual([undefined, undefined]);
    expect(pages[2]?.annotations).toHaveLength(2);
    const { stdout: tags } = await run('pdfinfo', ['-struct-text', pdf]);
    expect(tags.match(/"[^"]+"/g)?.join(' ')).toMatch(/"Own" .*"Chapter"/s);
    const { stdout: inside } = await run('pdfdetach', ['-list', pdf]);
    expect(inside).toContain('1: a.txt');
    const { stdout: info } = await run('pdfinfo', [pdf]);
    expect(info).toMatch(/Title: +Own\n/);
  });

  it('forget their tags where they say them alone: what their streams have stays as it is', async () => {
    const said = '\n/StructParent 3\n';
    const text = `BT /F1 12 Tf 10 50 Td (Hello) Tj ET\n/Span << /MCID 0${said}>> BDC\nBT /F1 12 Tf 10 20 Td (World) Tj ET EMC\n`;
    // A stream that looks as if it ended.
    const inner = `%PDF-1.4${said}endstream\nendobj\n9 0 obj\n<<${said}>>\n`;
    const streamOf = (bytes: string, fields = '') =>
      `<< /Length ${bytes.length} ${fields}>>\nstream\n${bytes}\nendstream`;
    const foreign = writePdf([
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Kids [3 0 R 7 0 R] /Count 2 >>',
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /StructParents 0 /Contents 4 0 R /Annots [6 0 R]
        /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>`,
      streamOf(text),
      streamOf(inner, '/Type /EmbeddedFile '),
      `<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /StructParent 1 /FS << /Type /Filespec /F (a.pdf)
        /EF << /F 5 0 R >> >> >>`,
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /StructParents [1 2] >>',
    ]);
    const { pdf } = await draw({ data: { title: 'T' }, append: [FIRST] }, { [FIRST.upload]: foreign });
    await checkPdf(pdf);
    expect((await readPages(pdf))[1]?.split(/\s+/).filter(Boolean)).toEqual(['Hello', 'World']);
    const { pages } = await readBack(pdf);
    expect(pages.slice(1).map(({ page }) => page['/StructParents'])).toEqual([undefined, undefined]);
    expect(pages[1]?.annotations.map((one) => one['/StructParent'])).toEqual([undefined]);
    expect((await readFile(pdf)).includes(inner)).toBe(true);
  });

  it('of a report that is split: stand around each', async () => {
    const rows = [{ c: 'x' }, { c: 'y' }];
    const blocks = [{ type: 'table', rows, columns: [{ key: 'c' }] }];
    const fields = { data: { title: 'T', blocks }, splitBy: 'c', append: [FIRST] };
    const { result, bench } = await draw(fields, { [FIRST.upload]: await drawForeignPdf() });
    expect(result).toMatchObject({
      pages: 6,
      groups: [
        { name: 'x', pages: 3 },
        { name: 'y', pages: 3 },
      ],
    });
    expect((await readPages(bench.path('report-y.pdf')))[2]).toContain('Foreign second');
  });

  it('of a report that is split: are refused where all of them come to too much', async () => {
    const rows = Array.from({ length: 101 }, (_, c) => ({ c }));
    const data = { title: 'T', blocks: [{ type: 'table', rows, columns: [{ key: 'c' }] }] };
    const head = ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>'];
    const page = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /PieceInfo << /X << /Private 4 0 R >> >> >>';
    const stream = Buffer.concat([
      Buffer.from('<< /Length 9999000 >>\nstream\n'),
      Buffer.alloc(9_999_000),
      Buffer.from('\nendstream'),
    ]);
    const large = writePdf([...head, page, stream]);
    await expect(draw({ data, splitBy: 'c', append: [FIRST] }, { [FIRST.upload]: large })).rejects.toMatchObject({
      code: 'report_failed',
      message: expect.stringMatching(/at \/append come to 10 MB in each of 101 reports, .* splitBy may have 1,000 MB/),
    });
    const attachments = [{ filename: 'a.bin', content: Buffer.alloc(9_999_999).toString('base64') }];
    await expect(draw({ data, splitBy: 'c', attachments }, {})).rejects.toMatchObject({
      message: expect.stringContaining('at /attachments come to 10 MB in each of 101 reports'),
    });
  });

  it('of a report with a password: are closed with it, as its own', async () => {
    const password = 'blåbær ﬁ 1';
    const { pdf } = await draw({ ...REPORT, password, append: [FIRST] }, { [FIRST.upload]: await drawForeignPdf() });
    await expect(run('pdftotext', [pdf, '-'])).rejects.toThrow('Incorrect password');
    const { stdout } = await run('qpdf', ['--check', `--password=${password.normalize('NFKC')}`, pdf]);
    for (const fact of ['R = 6', 'Supplied password is user password', 'AESv3']) expect(stdout).toContain(fact);
    const { stdout: text } = await run('pdftotext', ['-upw', password.normalize('NFKC'), pdf, '-']);
    expect(text).toContain('Foreign second');
  });

  it('the same twice: the same bytes', async () => {
    const files = { [FIRST.upload]: await drawForeignPdf() };
    const [one, two] = [
      await draw({ ...REPORT, append: [FIRST] }, files),
      await draw({ ...REPORT, append: [FIRST] }, files),
    ];
    const read = ({ bench }: { bench: Bench }) => bench.context.storage.read('results/report.pdf');
    expect((await read(one)).equals(await read(two))).toBe(true);
  });
});

describe('PDFs that can not be taken', () => {
  const failureOf = (files: Record<string, Buffer | StoredFile[]>, fields: object = { append: [FIRST] }) =>
    draw({ ...REPORT, ...fields }, files).then(
      () => 'no failure',
      (error: unknown) => error,
    );

  it.each(Object.entries(HOSTILE_PDFS))('%s: is refused, and named', async (_, { make, fault }) => {
    const error = await failureOf({ [FIRST.upload]: make() });
    expect(error).toMatchObject({
      code: 'report_failed',
      retryable: false,
      message: expect.stringMatching(/^The PDF at \/append\/0 /),
    });
    expect(String(error)).toMatch(fault);
  });

  it.each([
    ['', 'one that is encrypted, and opens without a password'],
    ['user', 'one that opens with a password'],
  ])('%j: %s is refused', async (password) => {
    const own = await draw({ data: { title: 'T' } }, {});
    await run('qpdf', ['--encrypt', password, 'owner', '256', '--', own.pdf, `${own.pdf}.closed`]);
    const closed = await own.bench.context.storage.read('results/report.pdf.closed');
    const files = { [FIRST.upload]: closed, [OTHER.upload]: await drawForeignPdf() };
    expect(await failureOf(files, { prepend: [OTHER, FIRST] })).toMatchObject({
      code: 'report_failed',
      message: 'The PDF at /prepend/1 is encrypted: take its password off first.',
    });
  });

  it('half a file: is refused; one that is not sound is taken as far as it can be read, and that is said', async () => {
    const whole = await drawForeignPdf();
    expect(await failureOf({ [FIRST.upload]: whole.subarray(0, 900) })).toMatchObject({
      message: "The PDF at /append/0 is damaged, and can't be read.",
    });
    const page = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>';
    const twice = writePdf([
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 2 >>',
      page,
    ]);
    const { result } = await draw({ data: { title: 'T' }, append: [FIRST] }, { [FIRST.upload]: twice });
    expect(result).toMatchObject({ pages: 3, warnings: [{ code: 'appended_damaged' }] });
  });

  it('a file of a job: the only PDF is meant; of several one has to be named; a picture is none', async () => {
    const file = (name: string, type: string, bytes = 10): StoredFile => ({ key: name, name, type, bytes, sha256: '' });
    const [csv, png] = [file('a.csv', 'text/csv'), file('a.png', 'image/png')];
    expect(await failureOf({ [JOB.job]: [csv, png] }, { append: [JOB] })).toMatchObject({ code: 'source_unavailable' });
    expect(await failureOf({ [JOB.job]: [png] }, { append: [JOB] })).toMatchObject({
      message: `a.png of the job ${JOB.job}, named at /append/0, is no PDF: it is image/png.`,
    });
    const large = [csv, file('b.pdf', PDF, 100_000_001)];
    expect(await failureOf({ [JOB.job]: large }, { append: [JOB] })).toMatchObject({
      code: 'report_failed',
      message: 'The appended and prepended files may have 100 MB together.',
    });
  });
});

describe('what PDFs around a report do not go with', () => {
  it.each<[object, string]>([
    [{ profile: 'PDF/A-2b' }, '/append must be left out with profile, which nobody knows of their pages'],
    [{ preview: true }, '/append must be left out with preview, which shows the first page of the report itself'],
    [{ append: [{ upload: 'x' }] }, '/append/0/upload must be the id of an upload, upd_ and 26 characters'],
    [{ append: [{ file: 'attachment' }] }, '/append/0 must be {"upload": "<id>"} or {"job": "<id>", "file": "<name>"}'],
    [{ append: Array.from({ length: 21 }, () => FIRST) }, '/append must be a list of at most 20 entries'],
  ])('%j: %s', (fields, fault) => {
    const { error } = reports.input.safeParse({ ...REPORT, append: [FIRST], ...fields });
    const said = invalidFields(error?.issues ?? []).errors?.map(({ pointer, detail }) => `${pointer} ${detail}`);
    expect(said).toContain(fault);
  });
});

describe('the memory of a module', () => {
  it('is bounded where it was to grow further', () => {
    // (module (memory 1 32768))
    const module = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 6, 1, 1, 1, 0x80, 0x80, 2);
    const limited = limitMemory(module, 300_000_000);
    expect([...limited.subarray(13)]).toEqual([0xe1, 0xa3, 0]);
    expect(() => limitMemory(module.subarray(0, 8), 1)).toThrow('no limit of memory');
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(limited)));
    expect(exports).toEqual({});
  });
});

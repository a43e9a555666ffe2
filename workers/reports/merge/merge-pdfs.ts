import { randomBytes } from 'node:crypto';
import { renameSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MAX_SPLIT_BYTES } from '../data/split-rows.ts';
import type { AppendedFile, AppendedFiles } from '../files/appended-files.ts';
import type { Warning } from '../pdf/warnings.ts';
import { forgetTags } from './forget-tags.ts';
import { DONE, FAILED, MENDED, openQpdf, type Qpdf } from './qpdf.ts';
import { UnusablePdf } from './unusable-pdf.ts';

/** What PDFs are merged with. */
export interface MergeSetting {
  /** Where all of them lie. */
  folder: string;
  /** Most pages that may be added to those that were drawn, to all PDFs together. */
  room: number;
  /** What the PDFs that were drawn are closed with; what comes of them is closed with it too. */
  password?: string | undefined;
}

/** What was added to each PDF. */
export interface Merged {
  /** How many pages stand before its own, and how many behind. */
  before: number;
  behind: number;
  warnings: Warning[];
}

/** A PDF whose pages were looked at. */
interface Prepared {
  file: string;
  pages: number;
  isMended: boolean;
}

const refuse = (pointer: string, why: string): never => {
  throw new UnusablePdf(`The PDF at ${pointer} ${why}.`);
};

/** Throws UnusablePdf where qpdf could not do what it was asked. */
function assertDone({ status, complaints }: ReturnType<Qpdf>, pointer: string): void {
  if (status !== FAILED) return;
  refuse(pointer, /bad_alloc/.test(complaints) ? 'needs too much memory' : "is damaged, and can't be read");
}

/** What a PDF is written anew with: a key a line, and all else of it as it was. */
const PREPARED = [
  '--qdf',
  '--no-original-object-ids',
  '--normalize-content=n',
  '--stream-data=preserve',
  '--remove-page-labels',
];

/** Counts the pages of a PDF, as it says itself. Throws UnusablePdf for none, or more than there is room for. */
function countPages(qpdf: Qpdf, file: string, pointer: string, room: number): number {
  const counted = qpdf(['--show-npages', file]);
  assertDone(counted, pointer);
  const pages = Number(counted.printed);
  if (pages <= 0) refuse(pointer, 'has no pages');
  if (pages > room) refuse(pointer, `has ${pages.toLocaleString('en')} pages, more than the report may have`);
  return pages;
}

/** Reads a PDF whole, and writes it anew as one whose pages can be taken. Throws UnusablePdf. */
function preparePdf(qpdf: Qpdf, { file, pointer }: AppendedFile, room: number): Prepared {
  const { status, complaints } = qpdf(['--is-encrypted', file]);
  const isClosed = status === DONE || /password|encrypt/i.test(complaints);
  if (isClosed) refuse(pointer, 'is encrypted: take its password off first');
  countPages(qpdf, file, pointer, room);
  const own = `prepared-${file}`;
  // Its pages are counted anew: what a file says of their number may be wrong.
  const written = qpdf([file, ...PREPARED, '--pages', '.', '1-z', '--', own]);
  assertDone(written, pointer);
  const pages = countPages(qpdf, own, pointer, room);
  return { file: own, pages, isMended: written.status === MENDED };
}

/**
 * How qpdf is told to open a report, and to close what comes of it with the same password: by itself it would leave it
 * open. The owner's password is random and thrown away, as in the report.
 */
function closeWith(password: string): string[] {
  const word = password.normalize('NFKC');
  const owner = randomBytes(32).toString('hex');
  return [
    `--password=${word}`,
    '--encrypt',
    `--user-password=${word}`,
    `--owner-password=${owner}`,
    '--bits=256',
    '--',
  ];
}

/** Throws UnusablePdf where the bytes that each of several reports gets would come to too much. */
function assertFits(
  around: AppendedFiles,
  prepared: ReadonlyMap<string, Prepared>,
  folder: string,
  count: number,
): void {
  if (count < 2) return;
  const bytes = [...prepared.values()].reduce((sum, { file }) => sum + statSync(join(folder, file)).size, 0);
  if (bytes * count <= MAX_SPLIT_BYTES) return;
  const fields = (['prepend', 'append'] as const)
    .filter((field) => around[field].length > 0)
    .map((field) => `/${field}`);
  const [each, limit] = [Math.ceil(bytes / 1e6), MAX_SPLIT_BYTES / 1e6].map(
    (size) => `${size.toLocaleString('en')} MB`,
  );
  throw new UnusablePdf(
    `The PDFs at ${fields.join(' and ')} come to ${each} in each of ${count.toLocaleString('en')} reports, and those of splitBy may have ${limit} together.`,
  );
}

const sumPages = (files: Prepared[]): number => files.reduce((sum, { pages }) => sum + pages, 0);

/**
 * Puts the pages of other PDFs before and behind those of each of these, which stay as they are with their tags, links,
 * side bar and files. Without a password the same PDFs give the same bytes. Throws UnusablePdf.
 */
export async function mergePdfs(pdfs: string[], around: AppendedFiles, setting: MergeSetting): Promise<Merged> {
  const { folder, room, password } = setting;
  const qpdf = await openQpdf(folder);
  const prepared = new Map<string, Prepared>();
  const prepare = (one: AppendedFile): Prepared => {
    const known = prepared.get(one.file) ?? preparePdf(qpdf, one, room);
    if (!prepared.has(one.file)) forgetTags(join(folder, known.file));
    prepared.set(one.file, known);
    return known;
  };
  const [before, behind] = [around.prepend.map(prepare), around.append.map(prepare)];
  const added = sumPages(before) + sumPages(behind);
  if (added * pdfs.length > room) {
    throw new UnusablePdf('The report is longer than it may be with the PDFs before and behind it.');
  }
  assertFits(around, prepared, folder, pdfs.length);
  const all = (files: Prepared[]) => files.flatMap(({ file }) => [file, '1-z']);
  for (const [index, pdf] of pdfs.entries()) {
    const own = basename(pdf);
    const options = [
      '--stream-data=preserve',
      ...(password === undefined ? ['--deterministic-id'] : closeWith(password)),
    ];
    const pages = ['--pages', ...all(before), '.', '1-z', ...all(behind), '--'];
    // A name of its own: the library remembers files that were moved away.
    const merged = `merged-${index}.pdf`;
    const { status, complaints } = qpdf([own, ...options, ...pages, merged]);
    if (status === FAILED && /bad_alloc/.test(complaints)) {
      throw new UnusablePdf('Merging the PDFs took too much memory: append fewer or smaller ones.');
    }
    if (status === FAILED) throw new Error(`qpdf: ${complaints}`);
    renameSync(join(folder, merged), pdf);
  }
  const warnings = [...around.prepend, ...around.append].flatMap(({ file, pointer }): Warning[] => {
    if (!prepared.get(file)?.isMended) return [];
    const message = `The PDF at ${pointer} is not sound; its pages are there as far as they could be read.`;
    return [{ code: 'appended_damaged', message, page: 1 }];
  });
  return { before: sumPages(before), behind: sumPages(behind), warnings };
}

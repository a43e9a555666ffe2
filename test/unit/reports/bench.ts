import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { pino } from 'pino';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
import type { RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import type { Progress } from '../../../src/jobs/progress.ts';
import { reports } from '../../../workers/reports/job.ts';
import type { ReportInput } from '../../../workers/reports/report-input.ts';

const run = promisify(execFile);

/** A job and its run context over a real, empty directory. */
export interface Bench {
  job: RunningJob<ReportInput>;
  context: RunContext;
  abort: AbortController;
  progress: Progress[];
  /** Resolves with the first progress that is told. */
  begun: Promise<Progress>;
  /** Names of the files that were written. */
  written(): Promise<string[]>;
  /** The path of a written file. */
  path(name: string): string;
  remove(): Promise<void>;
}

/** Validates the request's fields as the web process does, and makes a job of them. */
export async function openBench(fields: Record<string, unknown>, createdAt = new Date('2026-11-01T10:00:00Z')) {
  const root = await mkdtemp(join(tmpdir(), 'heavylift-reports-'));
  await mkdir(join(root, 'results'));
  const abort = new AbortController();
  const progress: Progress[] = [];
  const begun = Promise.withResolvers<Progress>();
  const write = async (name: string, type: string, content: Readable | Uint8Array): Promise<StoredFile> => {
    const bytes = content instanceof Readable ? await buffer(content) : content;
    await writeFile(join(root, 'results', name), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { key: `results/${name}`, name, type, bytes: bytes.length, sha256 };
  };
  const bench: Bench = {
    job: {
      id: 'rep_test',
      caller: 'test',
      attempt: 1,
      createdAt,
      // As it comes out of Redis.
      input: JSON.parse(JSON.stringify(reports.input.parse(fields))),
      uploads: {},
    },
    context: {
      signal: abort.signal,
      progress(news) {
        progress.push(news);
        begun.resolve(news);
      },
      storage: {
        open: async (key) => Readable.from(await readFile(join(root, key))),
        read: (key) => readFile(join(root, key)),
        write,
      },
      appendLog: async () => {},
      jobs: { find: async (id) => ({ id, state: 'missing', files: [] }) },
      log: pino({ level: 'silent' }),
    },
    abort,
    progress,
    begun: begun.promise,
    written: async () => (await readdir(join(root, 'results'))).sort(),
    path: (name) => join(root, 'results', name),
    remove: () => rm(root, { recursive: true }),
  };
  return bench;
}

/** The text of each page as poppler reads it, laid out as on paper. */
export async function readPages(pdf: string): Promise<string[]> {
  const { stdout } = await run('pdftotext', ['-layout', pdf, '-'], { maxBuffer: 100_000_000 });
  return stdout.split('\f').slice(0, -1);
}

/** What pdfinfo tells, by its names; of one page too (`Page 2 size`) where it is told which. */
export async function readInfo(pdf: string, page?: number): Promise<Record<string, string>> {
  const range = page === undefined ? [] : ['-f', String(page), '-l', String(page)];
  const { stdout } = await run('pdfinfo', ['-isodates', ...range, pdf]);
  return Object.fromEntries(stdout.split('\n').map((line) => line.replace(/ +/g, ' ').split(/: +(.*)/, 2)));
}

/** Each font of the file, whether it is embedded, and whether its text can be read back. */
export async function readFonts(pdf: string): Promise<{ name: string; embedded: boolean; readable: boolean }[]> {
  const { stdout } = await run('pdffonts', [pdf]);
  return stdout
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => ({
      name: line.split(/\s+/)[0] ?? '',
      embedded: / yes (yes|no) +(yes|no) +\d+ +\d+$/.test(line),
      readable: / yes +\d+ +\d+$/.test(line),
    }));
}

/** Rejects when the file's structure is not sound. */
export const checkPdf = (pdf: string) => run('qpdf', ['--check', pdf]);

/** The page's dots, from dark (0) to white (255), at so many dots an inch. */
export async function drawPage(
  pdf: string,
  page: number,
  resolution = 72,
): Promise<{ width: number; height: number; dots: Buffer }> {
  const at = String(page);
  const { stdout } = await run('pdftoppm', ['-r', String(resolution), '-gray', '-f', at, '-l', at, pdf], {
    encoding: 'buffer',
    maxBuffer: 100_000_000,
  });
  const [header = '', width, height] = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(stdout.toString('latin1', 0, 40)) ?? [];
  return { width: Number(width), height: Number(height), dots: stdout.subarray(header.length) };
}

/** How many dots of a page have each of these colours, or nearly, at 36 dots an inch. */
export async function countDots(pdf: string, page: number, colours: string[]): Promise<number[]> {
  const number = String(page);
  const { stdout } = await run(
    'pdftoppm',
    ['-r', '36', '-aa', 'no', '-aaVector', 'no', '-f', number, '-l', number, pdf],
    {
      encoding: 'buffer',
      maxBuffer: 10_000_000,
    },
  );
  const dots = stdout.subarray(/^P6\s+\d+\s+\d+\s+255\s/.exec(stdout.toString('latin1', 0, 40))?.[0].length ?? 0);
  const channels = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return colours.map((colour) => {
    const [red = 0, green = 0, blue = 0] = channels(colour);
    let count = 0;
    for (let place = 0; place + 2 < dots.length; place += 3) {
      const [r = 0, g = 0, b = 0] = dots.subarray(place, place + 3);
      // Scaling rounds.
      if (Math.max(Math.abs(r - red), Math.abs(g - green), Math.abs(b - blue)) <= 2) count += 1;
    }
    return count;
  });
}

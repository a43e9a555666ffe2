import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeTempDir } from '../support/temp-dir.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const QUEUE_ONLY = 'Only src/queue talks to Redis and Bull.';
const HEAVY = 'Heavy libraries belong to processors; the web process must stay light.';
const PROCESSOR = 'Processors are loaded by workers alone.';

/** Folder or file, what it imports, and what the lint says to it: the import table, row by row. */
const REFUSED: [from: string, imported: string, message: string][] = [
  ['workers/images/job.ts', 'sharp', HEAVY],
  ['workers/images/job.ts', 'pdfkit', HEAVY],
  ['workers/images/job.ts', 'nodemailer', HEAVY],
  ['workers/images/job.ts', 'bull', QUEUE_ONLY],
  ['workers/images/job.ts', 'express', 'Imports point down: a contract knows neither queue nor HTTP.'],
  ['workers/images/job.ts', '../../src/redis/keys.ts', 'Imports point down: a contract knows neither queue nor HTTP.'],
  ['workers/images/job.ts', './processor.ts', PROCESSOR],
  ['workers/images/processor.ts', 'bull', QUEUE_ONLY],
  ['workers/images/processor.ts', 'ioredis', QUEUE_ONLY],
  [
    'workers/images/processor.ts',
    '../../src/queue/worker/run-record.ts',
    'Imports point down: a processor knows neither queue nor HTTP.',
  ],
  [
    'workers/images/processor.ts',
    '../../src/http/auth/identify.ts',
    'Imports point down: a processor knows neither queue nor HTTP.',
  ],
  ['workers/images/deep/part.ts', 'express', 'Imports point down: a processor knows neither queue nor HTTP.'],
  ['workers/main.ts', 'bull', QUEUE_ONLY],
  ['workers/index.ts', 'sharp', HEAVY],
  ['src/http/part.ts', 'bull', QUEUE_ONLY],
  ['src/http/part.ts', 'bull/lib/job.js', QUEUE_ONLY],
  ['src/http/part.ts', 'ioredis', QUEUE_ONLY],
  ['src/http/part.ts', 'sharp', HEAVY],
  ['src/http/part.ts', 'sharp/lib/index.js', HEAVY],
  ['src/http/part.ts', '../../workers/images/processor.ts', PROCESSOR],
  ['src/queue/part.ts', '../http/auth.ts', 'Imports point down: the queue knows no HTTP.'],
  ['src/queue/part.ts', 'express', 'Imports point down: the queue knows no HTTP.'],
  ['src/queue/part.ts', 'pdfkit', HEAVY],
  [
    'src/storage/part.ts',
    '../queue/names.ts',
    'Imports point down: storage and contracts know neither queue nor HTTP.',
  ],
  ['src/storage/part.ts', 'bull', QUEUE_ONLY],
  ['src/jobs/part.ts', '../http/auth.ts', 'Imports point down: storage and contracts know neither queue nor HTTP.'],
  ['src/jobs/part.ts', 'nodemailer', HEAVY],
  ['src/app.ts', 'bull', QUEUE_ONLY],
  ['src/server.ts', '../workers/images/processor.ts', PROCESSOR],
  ['src/some-new-folder/part.ts', 'bull', QUEUE_ONLY],
];

const ALLOWED: [from: string, imported: string][] = [
  ['workers/images/job.ts', 'zod'],
  ['workers/images/job.ts', '../../src/jobs/contract.ts'],
  ['workers/images/processor.ts', 'sharp'],
  ['workers/images/processor.ts', '../../src/errors.ts'],
  ['workers/main.ts', '../src/queue/consumer.ts'],
  ['workers/index.ts', './images/job.ts'],
  ['src/queue/part.ts', 'bull'],
  ['src/queue/part.ts', 'ioredis'],
  ['src/redis/script.ts', 'ioredis'],
  ['src/http/part.ts', 'express'],
  ['src/http/part.ts', '@bull-board/api'],
  ['src/http/part.ts', '../queue/producer.ts'],
  ['src/storage/part.ts', '../errors.ts'],
  ['src/server.ts', '../workers/index.ts'],
];

/** Beside the imports: settings are read in one place, and two files that import each other are none. */
const OTHER_SOURCES: Record<string, string> = {
  'src/config/load.ts': 'export const home = process.env.HOME;\n',
  'src/http/reads-settings.ts': 'export const home = process.env.HOME;\n',
  'workers/images/reads-settings.ts': "export const home = process['env'].HOME;\n",
  'src/jobs/hen.ts': "import { egg } from './egg.ts';\n\nexport const hen = () => egg;\n",
  'src/jobs/egg.ts': "import { hen } from './hen.ts';\n\nexport const egg = () => hen;\n",
};

/** One thing the lint has to say: where, in which line (1 for the first), under which rule. */
interface Complaint {
  path: string;
  line: number;
  rule: string;
  message: string;
}

const temp = makeTempDir();
/** The modules each file imports, one a line, in order. */
const importsOf = new Map<string, string[]>();
let complaints: Complaint[];

beforeAll(async () => {
  for (const [from, imported] of [...REFUSED, ...ALLOWED]) {
    importsOf.set(from, [...(importsOf.get(from) ?? []), imported]);
  }
  for (const [path, imported] of importsOf) writeSource(path, imported.map((name) => `import '${name}';\n`).join(''));
  for (const [path, source] of Object.entries(OTHER_SOURCES)) writeSource(path, source);
  for (const name of ['biome.json', '.gitignore']) copyFileSync(join(ROOT, name), join(temp.path, name));
  complaints = await lint(temp.path);
});
afterAll(() => temp.remove());

function writeSource(path: string, source: string): void {
  const file = join(temp.path, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, source);
}

/** Everything the lint says to a folder, by the settings that lie in it. */
function lint(folder: string): Promise<Complaint[]> {
  const biome = join(ROOT, 'node_modules/.bin/biome');
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', '.'];
  return new Promise((done, fail) => {
    execFile(biome, args, { cwd: folder }, (_refused, report, log) => {
      try {
        const { diagnostics } = JSON.parse(report) as { diagnostics: Diagnostic[] };
        done(diagnostics.map(readDiagnostic));
      } catch {
        fail(new Error(`the lint gave no report:\n${report}\n${log}`));
      }
    });
  });
}

interface Diagnostic {
  category: string;
  message: string;
  location: { path: string; start: { line: number } };
}

const readDiagnostic = ({ category, message, location }: Diagnostic): Complaint => ({
  path: location.path,
  line: location.start.line,
  rule: category.split('/').at(-1) ?? '',
  message,
});

/** The messages of the rule at one import of a file. */
const saidTo = (from: string, imported: string): string[] => {
  const line = (importsOf.get(from) ?? []).indexOf(imported) + 1;
  return complaints
    .filter((one) => one.rule === 'noRestrictedImports' && one.path === from && one.line === line)
    .map(({ message }) => message);
};

const placesOf = (rule: string): string[] =>
  complaints
    .filter((one) => one.rule === rule)
    .map(({ path }) => path)
    .toSorted();

describe('the import table', () => {
  it.each(REFUSED)('%s importing %s: refused, %s', (from, imported, message) => {
    expect(saidTo(from, imported)).toEqual([message]);
  });

  it.each(ALLOWED)('%s importing %s: allowed', (from, imported) => {
    expect(saidTo(from, imported)).toEqual([]);
  });
});

it('the environment: read by src/config/load.ts and by nobody else', () => {
  expect(placesOf('noProcessEnv')).toEqual(['src/http/reads-settings.ts', 'workers/images/reads-settings.ts']);
});

it('two files that import each other: both are refused', () => {
  expect(placesOf('noImportCycles')).toEqual(['src/jobs/egg.ts', 'src/jobs/hen.ts']);
});

import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { importRules } from '../../bin/lint/import-rules.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const HEAVY = 'Heavy libraries belong to processors; the web process must stay light.';
const PROCESSOR = 'Processors are loaded by workers alone.';
const KIND = 'Imports point down: a kind knows neither queue nor HTTP nor keys.';
const KINDS_LIST = 'Imports point down: only the entries know the list of kinds.';
const OTHER_KIND = 'A kind knows no other kind: what they share has a room in src.';
const ROOM = expect.stringMatching(/^Imports point down: src\/\w+ may import /);
const OWNER = (library: string) => expect.stringMatching(new RegExp(`^Only src/.* may import ${library}\\.$`));

/** Folder or file, what it imports, and what the lint says to it: the import table, row by row. */
const REFUSED: [from: string, imported: string, message: unknown][] = [
  ['workers/images/job.ts', 'sharp', HEAVY],
  ['workers/images/job.ts', 'pdfkit', HEAVY],
  ['workers/images/job.ts', 'nodemailer', HEAVY],
  ['workers/images/job.ts', 'bull', OWNER('bull')],
  ['workers/images/job.ts', 'express', OWNER('express')],
  ['workers/images/job.ts', '../../src/queue/read/read-job.ts', KIND],
  ['workers/images/job.ts', './processor.ts', PROCESSOR],
  ['workers/emails/page.ts', 'liquidjs', HEAVY],
  ['workers/emails/settings.ts', 'nodemailer', HEAVY],
  ['workers/emails/routes/part.ts', 'markdown-it', HEAVY],
  ['workers/images/processor.ts', 'bull', OWNER('bull')],
  ['workers/images/processor.ts', 'ioredis', OWNER('ioredis')],
  ['workers/images/processor.ts', '../../src/queue/run/run-record.ts', KIND],
  ['workers/images/processor.ts', '../../src/http/auth/identify.ts', KIND],
  ['workers/images/processor.ts', '../../src/keys/keyring.ts', KIND],
  ['workers/images/processor.ts', '../index.ts', KIND],
  ['workers/images/processor.ts', '../reports/job.ts', OTHER_KIND],
  ['workers/images/deep/part.ts', '../../reports/job.ts', OTHER_KIND],
  ['workers/images/deep/part.ts', 'express', OWNER('express')],
  ['workers/main.ts', 'bull', OWNER('bull')],
  ['workers/index.ts', 'sharp', HEAVY],
  ['src/http/part.ts', 'bull', OWNER('bull')],
  ['src/http/part.ts', 'bull/lib/job.js', OWNER('bull')],
  ['src/http/part.ts', 'ioredis', OWNER('ioredis')],
  ['src/http/part.ts', 'sharp', HEAVY],
  ['src/http/part.ts', 'sharp/lib/index.js', HEAVY],
  ['src/http/part.ts', '../../workers/images/processor.ts', KINDS_LIST],
  ['src/http/deep/part.ts', '../../../workers/index.ts', KINDS_LIST],
  ['src/queue/part.ts', '../http/auth/identify.ts', ROOM],
  ['src/queue/deep/part.ts', '../../http/auth/identify.ts', ROOM],
  ['src/queue/part.ts', '../keys/keyring.ts', ROOM],
  ['src/queue/part.ts', 'express', OWNER('express')],
  ['src/queue/part.ts', 'pdfkit', HEAVY],
  ['src/keys/part.ts', '../queue/read-job.ts', ROOM],
  ['src/kinds/part.ts', '../http/problem.ts', ROOM],
  ['src/storage/part.ts', '../queue/read-job.ts', ROOM],
  ['src/storage/part.ts', 'bull', OWNER('bull')],
  ['src/jobs/part.ts', '../http/auth/identify.ts', ROOM],
  ['src/jobs/part.ts', '../queue/read-job.ts', ROOM],
  ['src/jobs/part.ts', 'nodemailer', HEAVY],
  ['src/redis/part.ts', '../queue/read-job.ts', ROOM],
  ['src/config/part.ts', '../jobs/contract.ts', ROOM],
  ['src/suppressions/part.ts', '../../workers/emails/job.ts', KINDS_LIST],
  ['src/app.ts', 'bull', OWNER('bull')],
  ['src/server.ts', '../workers/images/processor.ts', PROCESSOR],
];

const ALLOWED: [from: string, imported: string][] = [
  ['workers/images/job.ts', 'zod'],
  ['workers/images/job.ts', '../../src/jobs/contract.ts'],
  ['workers/images/processor.ts', 'sharp'],
  ['workers/images/processor.ts', '../../src/errors.ts'],
  ['workers/emails/routes/part.ts', '../../../src/suppressions/store.ts'],
  ['workers/main.ts', '../src/queue/worker/consumer.ts'],
  ['workers/index.ts', './images/kind.ts'],
  ['src/queue/part.ts', 'bull'],
  ['src/queue/part.ts', 'ioredis'],
  ['src/redis/part.ts', 'ioredis'],
  ['src/http/part.ts', 'express'],
  ['src/http/part.ts', '@bull-board/api'],
  ['src/http/part.ts', '../queue/producer/producer.ts'],
  ['src/storage/part.ts', '../errors.ts'],
  ['src/server.ts', '../workers/index.ts'],
];

/** Beside the imports: settings are read in one place, and two files that import each other are none, types included. */
const OTHER_SOURCES: Record<string, string> = {
  'src/config/load.ts': 'export const home = process.env.HOME;\n',
  'src/http/reads-settings.ts': 'export const home = process.env.HOME;\n',
  'workers/images/reads-settings.ts': "export const home = process['env'].HOME;\n",
  'src/jobs/hen.ts': "import { egg } from './egg.ts';\n\nexport const hen = () => egg;\n",
  'src/jobs/egg.ts': "import { hen } from './hen.ts';\n\nexport const egg = () => hen;\n",
  'src/jobs/cup.ts': "import type { Tea } from './tea.ts';\n\nexport interface Cup {\n  tea: Tea;\n}\n",
  'src/jobs/tea.ts': "import type { Cup } from './cup.ts';\n\nexport interface Tea {\n  cup: Cup;\n}\n",
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
  for (const name of ['biome.json', 'biome.imports.json', '.gitignore'])
    copyFileSync(join(ROOT, name), join(temp.path, name));
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

it('two files that import each other, be it types alone: both are refused', () => {
  expect(placesOf('noImportCycles')).toEqual(['cup', 'egg', 'hen', 'tea'].map((name) => `src/jobs/${name}.ts`));
});

it('the rules that Biome reads: made of the table as it is now', () => {
  const written: unknown = JSON.parse(readFileSync(join(ROOT, 'biome.imports.json'), 'utf8'));
  expect(written).toEqual(importRules(ROOT));
});

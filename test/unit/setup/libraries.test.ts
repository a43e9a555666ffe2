import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { createLibraryProbe, tryLibraries } from '../../../bin/launch/libraries.ts';
import { CONTRACTS } from '../../../workers/index.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const REPOSITORY = join(import.meta.dirname, '../../..');
const stopping = new AbortController();
const dirs: { path: string; remove(): void }[] = [];
afterEach(() => {
  for (const { remove } of dirs.splice(0)) remove();
});

/** A folder in which trying a kind runs that code. */
function openRepository(code: string): string {
  const dir = makeTempDir();
  dirs.push(dir);
  mkdirSync(join(dir.path, 'workers'));
  writeFileSync(join(dir.path, 'workers/try.ts'), code);
  return dir.path;
}

const kinds = CONTRACTS.map(({ kind }) => kind);

it('every kind: its libraries load here', async () => {
  const faults = await tryLibraries(kinds, { repository: REPOSITORY, signal: stopping.signal });
  expect([...faults]).toEqual(kinds.map((kind) => [kind, null]));
}, 60_000);

it('a library that kills the process: its kind and the signal; the kinds before it are known', async () => {
  const repository = openRepository(
    "process.stdout.write(JSON.stringify({ kind: 'images', fault: null }) + '\\n', () => process.kill(process.pid, 'SIGILL')); setTimeout(() => {}, 60_000)",
  );
  const faults = await tryLibraries(['images', 'reports', 'emails'], { repository, signal: stopping.signal });
  expect([...faults]).toEqual([
    ['images', null],
    ['reports', 'its process ended with SIGILL'],
  ]);
});

it('a kind that can not be loaded: printed once, and named by the probe', async () => {
  const repository = openRepository(
    "for (const kind of process.argv.slice(2)) console.log(JSON.stringify({ kind, fault: kind === 'images' ? 'no sharp' : null }))",
  );
  const printed: string[] = [];
  const trying = new AbortController();
  const print = (line: string) => void printed.push(line);
  const probe = createLibraryProbe(['images', 'reports'], { repository, print, signal: trying.signal });
  try {
    await until(
      'images alone is missing',
      async () => (await probe()) === 'the libraries of images do not load (no sharp)',
    );
    expect(printed).toEqual(['images: its libraries do not load: no sharp']);
  } finally {
    trying.abort();
  }
});

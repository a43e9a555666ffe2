import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { makeTempDir } from '../support/temp-dir.ts';

const ROOT = join(import.meta.dirname, '../..');
const dir = makeTempDir();
afterAll(() => dir.remove());

/** Runs these files one after another in one process, the longest first; returns the state of each by its name. */
function run(files: Record<string, string>): Record<string, string> {
  const sources = Object.entries(files);
  for (const [index, [name, body]] of sources.entries()) {
    const source = `import { it, jest, expect } from '@jest/globals';\n${body}\n${'// \n'.repeat(100 * (sources.length - index))}`;
    writeFileSync(join(dir.path, `${name}.test.ts`), source);
  }
  const config = {
    rootDir: dir.path,
    testMatch: ['<rootDir>/*.test.ts'],
    extensionsToTreatAsEsm: ['.ts'],
    transform: {},
    testRunner: join(ROOT, 'test/support/jest/run-file.js'),
  };
  const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
  const { stdout } = spawnSync(process.execPath, [jest, '--config', JSON.stringify(config), '-i', '--json'], {
    cwd: dir.path,
    encoding: 'utf8',
  });
  const { testResults } = JSON.parse(stdout) as { testResults: { name: string; status: string }[] };
  expect(testResults.map(({ name }) => name)).toEqual(sources.map(([name]) => join(dir.path, `${name}.test.ts`)));
  return Object.fromEntries(sources.map(([name], index) => [name, testResults[index]?.status ?? 'missing']));
}

it('errors that nobody catches fail their own file, whichever ran before it; nothing of a file lasts into the next', () => {
  const wait = 'await new Promise((resolve) => setTimeout(resolve, 20));';
  const states = run({
    passes: `it('fakes the time', () => { jest.useFakeTimers({ now: 0 }); expect(Date.now()).toBe(0); });`,
    rejects: `it('rejects', async () => { Promise.reject(new Error('nobody catches this')); ${wait} });`,
    throws: `it('throws', async () => { setTimeout(() => { throw new Error('nor this'); }); ${wait} });`,
    fails: `it('fails', () => { expect(1).toBe(2); });`,
    last: `it('has the real time', () => { expect(Date.now()).toBeGreaterThan(1e12); });`,
  });
  expect(states).toEqual({ passes: 'passed', rejects: 'failed', throws: 'failed', fails: 'failed', last: 'passed' });
});

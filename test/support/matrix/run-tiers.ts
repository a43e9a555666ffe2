import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess } from '../processes.ts';
import { makeTempDir } from '../temp-dir.ts';
import { LEFT_OUT, type LeftOut } from './left-out.ts';
import type { RedisMode } from './switch.ts';

/** What the tests of a run came to. */
export interface TiersRun {
  passed: number;
  failed: string[];
  skipped: number;
  /** Entries of the list of what is left out that name nothing there is. */
  stale: string[];
  minutes: number;
}

interface JestResults {
  testResults: {
    name: string;
    message: string;
    assertionResults: {
      fullName: string;
      status: 'passed' | 'failed' | 'pending' | 'todo';
      failureMessages?: string[];
    }[];
  }[];
}

const ROOT = new URL('../../..', import.meta.url).pathname;
const JEST = ['--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const TIERS = ['test/integration/', 'test/fault/'];

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** As much of a failure as a list has room for. */
const reason = (text: string): string => text.slice(0, 500);

/** Runs the integration and fault tests as they stand over such a Redis, with their files in the S3 server at that address. */
export async function runTiers(redis: Exclude<RedisMode, 'single'>, s3: string): Promise<TiersRun> {
  const { path, remove } = makeTempDir();
  const results = join(path, 'results.json');
  const left = LEFT_OUT.filter(({ only = redis }) => only === redis);
  const files = left.filter(({ test }) => test === undefined).map(({ file }) => escaped(`test/${file}.test.ts`));
  const tests = left.flatMap(({ test }) => (test === undefined ? [] : escaped(test)));
  const beganAt = performance.now();
  const run = startProcess(
    process.execPath,
    [
      ...[...JEST, '--forceExit', '--json', `--outputFile=${results}`, ...TIERS],
      ...(tests.length > 0 ? [`--testNamePattern=^(?!${tests.join('|')})`] : []),
      ...['test/long/', ...files].map((pattern) => `--testPathIgnorePatterns=${pattern}`),
    ],
    // A folder of its own, that is gone with all that the servers have left in it.
    { TEST_REDIS: redis, TEST_S3: s3, TMPDIR: path },
  );
  await run.exited;
  if (!existsSync(results)) throw new Error(run.output().slice(-3000));
  const { testResults } = JSON.parse(readFileSync(results, 'utf8')) as JestResults;
  remove();
  const ended = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((result) => ({ ...result, file: name.slice(ROOT.length) })),
  );
  const count = (status: string) => ended.filter((one) => one.status === status);
  const unread = testResults.filter(({ assertionResults }) => assertionResults.length === 0);
  const isStale = ({ file, test }: LeftOut) =>
    test === undefined
      ? !existsSync(join(ROOT, `test/${file}.test.ts`))
      : !count('pending').some((one) => one.file === `test/${file}.test.ts` && one.fullName.startsWith(test));
  return {
    passed: count('passed').length,
    failed: [
      ...count('failed').map(
        ({ file, fullName, failureMessages = [] }) => `${file}: ${fullName}: ${reason(failureMessages.join('\n'))}`,
      ),
      ...unread.map(({ name, message }) => `${name.slice(ROOT.length)}: ${reason(message)}`),
    ],
    skipped: count('pending').length,
    stale: left.filter(isStale).map(({ file, test = '' }) => `${file} ${test}`),
    minutes: Math.round((performance.now() - beganAt) / 6000) / 10,
  };
}

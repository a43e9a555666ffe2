import {
  appendFileSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { countCommands } from '../../../bin/launch/append-only/commands.ts';
import { mendAppendOnlyFile } from '../../../bin/launch/append-only/mend.ts';
import { type DataPaths, dataPaths } from '../../../src/data-dir.ts';
import { runCli } from '../../support/cli.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const JOBS = 25;
let dir: ReturnType<typeof makeTempDir>;
let paths: DataPaths;
let redis: TestRedis;
let log: string;

/** A Redis that was killed after it had written so many steps, each of two commands that belong together. */
beforeEach(async () => {
  dir = makeTempDir();
  paths = dataPaths(dir.path);
  redis = await startRedis(dir.path);
  const client = redis.client();
  for (let job = 0; job < JOBS; job += 1) {
    await client.multi().hset(`job:${job}`, 'data', 'x'.repeat(50)).lpush('wait', job).exec();
  }
  await redis.kill();
  const folder = join(paths.redis, 'appendonlydir');
  log = join(folder, readdirSync(folder).find((name) => name.includes('.incr.')) ?? '');
});
afterEach(async () => {
  await redis.stop();
  dir.remove();
});

/** Starts it again; how many of the jobs it has. */
async function jobsLeft(): Promise<number> {
  await redis.start();
  return redis.client().llen('wait');
}

function damageAt(offset: number, bytes: string): void {
  const file = openSync(log, 'r+');
  writeSync(file, bytes, offset);
}

const copies = () => readdirSync(join(paths.redis, 'cut-off'));

it('a file that is well: nothing is said, and nothing changed', async () => {
  const before = readFileSync(log);
  expect(await mendAppendOnlyFile(paths)).toEqual({ told: [], problem: null });
  expect(readFileSync(log)).toEqual(before);
  expect(await mendAppendOnlyFile(dataPaths(join(dir.path, 'new')))).toEqual({ told: [], problem: null });
});

it('zero bytes at its end, as power loss leaves them: cut off, told, a copy is kept, and nothing is lost', async () => {
  const { size } = statSync(log);
  appendFileSync(log, Buffer.alloc(4096));
  const { told, problem } = await mendAppendOnlyFile(paths);
  expect(problem).toBeNull();
  expect(told).toEqual([
    expect.stringMatching(/4096 bytes were cut off its end, no whole command among them\. A copy: \//),
  ]);
  expect(statSync(log).size).toBe(size);
  const [copy = ''] = copies();
  expect(readFileSync(join(paths.redis, 'cut-off', copy))).toEqual(Buffer.alloc(4096));
  expect(await jobsLeft()).toBe(JOBS);
});

it('a half step and then rubbish: both are cut off, and the start says how many commands that were', async () => {
  const text = readFileSync(log, 'latin1');
  truncateSync(log, text.lastIndexOf('*1\r\n$4\r\nEXEC') + 1);
  appendFileSync(log, 'rubbish\0\0\0');
  const { told } = await mendAppendOnlyFile(paths);
  // MULTI, HSET and LPUSH.
  expect(told).toEqual([expect.stringContaining('3 whole commands among them')]);
  expect(await jobsLeft()).toBe(JOBS - 1);
});

it('damage in the middle: explained with the one command that mends it, which says what it costs', async () => {
  const whole = readFileSync(log);
  damageAt(Math.floor(whole.length / 2), '#'.repeat(64));
  const damaged = readFileSync(log);
  const { told, problem } = await mendAppendOnlyFile(paths);
  expect(told).toEqual([]);
  const [, left = ''] = /: (\d+) commands of the \d+ bytes that follow can still be read/.exec(problem ?? '') ?? [];
  expect(Number(left)).toBeGreaterThan(20);
  expect(problem).toMatch(/bin\/heavylift repair-redis$/);
  expect(readFileSync(log)).toEqual(damaged);

  const { code, stdout } = await runCli({ DATA_DIR: dir.path }, 'repair-redis');
  expect(code).toBe(0);
  expect(stdout).toMatch(/\d+ bytes were cut off its end, \d+ whole commands among them\. A copy: \//);
  const [copy = ''] = copies();
  const cut = readFileSync(join(paths.redis, 'cut-off', copy));
  expect(Buffer.concat([readFileSync(log), cut])).toEqual(damaged);
  const jobs = await jobsLeft();
  expect(jobs).toBeGreaterThan(0);
  expect(jobs).toBeLessThan(JOBS);
});

it('a damaged base: nothing is cut off, and the way out is said', async () => {
  await redis.start();
  const client = redis.client();
  await client.bgrewriteaof();
  await until('it is rewritten', async () => /aof_rewrite_in_progress:0/.test(await client.info('persistence')));
  await redis.kill();
  const folder = join(paths.redis, 'appendonlydir');
  const base = join(folder, readdirSync(folder).find((name) => name.includes('.base.')) ?? '');
  const bytes = readFileSync(base);
  bytes.fill(0xff, 100, 140);
  writeFileSync(base, bytes);
  const { told, problem } = await mendAppendOnlyFile(paths);
  expect(told).toEqual([]);
  expect(problem).toContain('Put a backup of that folder back');
  expect((await runCli({ DATA_DIR: dir.path }, 'repair-redis')).code).toBe(1);
  expect(readFileSync(base)).toEqual(bytes);
  writeFileSync(base, Buffer.from(''));
});

it.each([
  ['*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n', 2, 0],
  ['*1\r\n$4\r\nPING\r\n*1\r\n$9\r\nPING\r\n', 1, 0],
  ['*1\r\n$4\r\nPING\r\n\0\0\0\0*1\r\n$4\r\nPING\r\n*2\r\n', 1, 1],
  ['*x\r\n**1\r\n$4\r\nPING\r\n', 0, 1],
  ['', 0, 0],
])('%j: so many commands before the damage, so many behind it', (text, before, behind) => {
  expect(countCommands(Buffer.from(text, 'latin1'))).toEqual({ before, behind });
});

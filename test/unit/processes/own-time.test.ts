import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { NoAnswer, withinOwnTime } from '../../../src/processes/own-time.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

/** As many as do the work of files. */
// biome-ignore lint/style/noProcessEnv: Node reads it there
const THREADS = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
const BY_THREADS = { byThreads: true };

const dir = makeTempDir();
const pipes = Array.from({ length: THREADS }, (_, place) => join(dir.path, `pipe-${place}`));
let opened: Promise<FileHandle>[] = [];
beforeAll(() => void execFileSync('mkfifo', pipes));
afterAll(() => dir.remove());
afterEach(async () => {
  release();
  for (const handle of await Promise.all(opened)) await handle.close();
  opened = [];
});

/** Has one thread wait, as for a disk that says nothing, until it is released. */
function hold(pipe: string): Promise<FileHandle> {
  const handle = open(pipe, 'r');
  opened.push(handle);
  return handle;
}
const release = () => {
  for (const pipe of pipes.slice(0, opened.length)) closeSync(openSync(pipe, constants.O_RDWR));
};

it('a disk that says nothing, with threads to spare: no answer', async () => {
  await expect(withinOwnTime(hold(pipes[0] as string), 100, BY_THREADS)).rejects.toThrow(NoAnswer);
});

it('a disk that is well, behind work that has taken all threads: waits for it, and not for ever', async () => {
  for (const pipe of pipes) hold(pipe);
  const look = stat(dir.path);
  const [patient, ofClockAlone] = [withinOwnTime(look, 400, BY_THREADS), withinOwnTime(look, 400)];
  await expect(ofClockAlone).rejects.toThrow(NoAnswer);
  await expect(withinOwnTime(look, 50, BY_THREADS)).rejects.toThrow(NoAnswer);
  release();
  await expect(patient).resolves.toMatchObject({ nlink: expect.any(Number) });
});

it('a process that was away for longer than the limit: hears the answer that has come meanwhile', async () => {
  const work = delay(10).then(() => stat(dir.path));
  const answer = withinOwnTime(work, 300, BY_THREADS);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
  await expect(answer).resolves.toMatchObject({ nlink: expect.any(Number) });
});

it('work that fails: with its own error', async () => {
  await expect(withinOwnTime(stat(join(dir.path, 'nothing')), 1000)).rejects.toMatchObject({ code: 'ENOENT' });
});

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type LogFile, openLogFile } from '../../../src/logs/log-file.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

let dir: ReturnType<typeof makeTempDir>;
let folder: string;
let log: LogFile;
const open = (fileBytes = 10_000) => openLogFile(join(folder, 'access.log'), { fileBytes, oldFiles: 2 });
const read = () => readFileSync(join(folder, 'access.log'), 'utf8');
/** Writes until that can be read, whatever was lost before. */
const arrives = (line: string) =>
  until(`${line} is written`, () => {
    log.write(`${line}\n`);
    return read().includes(line);
  });

beforeEach(() => {
  dir = makeTempDir();
  folder = join(dir.path, 'log');
  mkdirSync(folder);
});
afterEach(async () => {
  await log.close();
  dir.remove();
});

it('lines: written soon, in order, for nobody else to read', async () => {
  log = open();
  for (let line = 0; line < 100; line++) log.write(`${line}\n`);
  await until('the lines are there', () => read().split('\n').length === 101);
  expect(read()).toBe(Array.from({ length: 100 }, (_, line) => `${line}\n`).join(''));
  expect(statSync(join(folder, 'access.log')).mode & 0o777).toBe(0o600);
});

it('closed at once: what was taken is written first', async () => {
  log = open();
  log.write('the last words\n');
  await log.close();
  expect(read()).toBe('the last words\n');
});

it('many lines: put aside at the limit, two old files are kept, and no more', async () => {
  log = open();
  const line = `${'x'.repeat(999)}\n`;
  let total = 0;
  await until('much more was written than is kept', () => {
    for (let count = 0; count < 20; count++) log.write(line);
    if (existsSync(join(folder, 'access.log.2'))) total += 1;
    return total > 20;
  });
  await log.close();
  expect(readdirSync(folder).sort()).toEqual(['access.log', 'access.log.1', 'access.log.2']);
});

it('the folder is gone, or the file: written anew', async () => {
  log = open();
  await arrives('before');
  rmSync(folder, { recursive: true });
  await arrives('after the folder');
  rmSync(join(folder, 'access.log'));
  await arrives('after the file');
});

it('the file can not be written: lines are counted, and told when it can', async () => {
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'a file where the folder was');
  log = open();
  log.write('lost\n');
  await until('it was tried', () => new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 500)));
  rmSync(folder);
  await arrives('found');
  expect(read()).toMatch(/^\n?\{"time":"[^"]+","lost":\d+\}\n/);
});

it('more than it can keep: what is too much is lost and counted, whatever comes', async () => {
  log = open(10_000_000);
  const line = `${'x'.repeat(999)}\n`;
  for (let count = 0; count < 5000; count++) log.write(line);
  await until('the number is told', () => {
    log.write('\n');
    return Number(/"lost":(\d+)/.exec(read())?.[1]) >= 4000;
  });
});

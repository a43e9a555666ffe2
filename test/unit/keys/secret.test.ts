import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { keepOnce, openSecrets } from '../../../src/signing/secret.ts';
import { parseConfig } from '../../../workers/config.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

let dir: ReturnType<typeof makeTempDir>;
beforeEach(() => {
  dir = makeTempDir();
});
afterEach(() => dir.remove());

it('DEPLOYMENT_SECRET: that one, and no file is made', () => {
  const secret = 's'.repeat(32);
  const former = 'f'.repeat(40);
  const open = (text: string) => openSecrets(parseConfig({ DATA_DIR: dir.path, DEPLOYMENT_SECRET: text }));
  expect(open(secret)).toEqual([secret]);
  expect(open(`${secret}, ${former}`)).toEqual([secret, former]);
  expect(readdirSync(dir.path)).toEqual([]);
});

it('none set: 32 random bytes, the same the next time, for this user alone; a missing folder is made', () => {
  const config = parseConfig({ DATA_DIR: join(dir.path, 'not yet') });
  const [secret] = openSecrets(config);
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  expect(openSecrets(config)).toEqual([secret]);
  const file = join(config.DATA_DIR, 'secret');
  expect(readFileSync(file, 'utf8')).toBe(`${secret}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(config.DATA_DIR)).toEqual(['secret']);
});

it('a file that is there: kept, nothing new is made', () => {
  const path = join(dir.path, 'secret');
  keepOnce(path, () => 'first');
  const kept = keepOnce(path, () => {
    throw new Error('not asked');
  });
  expect(kept).toBe('first');
});

it('a file that is empty: refused, since an empty secret signs for anybody', () => {
  const path = join(dir.path, 'secret');
  writeFileSync(path, '\n');
  expect(() => keepOnce(path, () => 'new')).toThrow(`${path} is empty; remove it, and a new one is made`);
});

it('eight processes that start at once: all have the same one', async () => {
  const module = join(import.meta.dirname, '../../../src/signing/secret.ts');
  const script = `import { keepOnce } from ${JSON.stringify(module)};
    console.log(keepOnce(${JSON.stringify(join(dir.path, 'secret'))}, () => String(process.pid)));`;
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  const answers = await Promise.all(Array.from({ length: 8 }, run));
  expect(new Set(answers.map(({ stdout }) => stdout)).size).toBe(1);
  expect(readdirSync(dir.path)).toEqual(['secret']);
});

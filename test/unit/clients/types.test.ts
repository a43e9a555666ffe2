import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { makeTempDir } from '../../support/temp-dir.ts';

const ROOT = join(import.meta.dirname, '../../..');

it('clients/node: its types are those that the description and the sources make', () => {
  const { path, remove } = makeTempDir();
  const { status, stdout } = spawnSync(process.execPath, ['bin/client-types/client-types.ts', path], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([0, '']);
  const read = (folder: string) =>
    Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  expect(read(path)).toEqual(read(join(ROOT, 'clients/node/types')));
  remove();
}, 120_000);

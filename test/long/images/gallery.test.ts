import { readdirSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { ENTRIES } from '../../support/gallery/entries.ts';
import { startProcess } from '../../support/processes.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

it('the gallery: every option comes out in its size, and like its source where it shows all of it', async () => {
  const { path, remove } = makeTempDir();
  const gallery = startProcess(process.execPath, ['test/support/gallery/gallery.ts', path]);
  expect([await gallery.exited, gallery.output()]).toEqual([0, `${ENTRIES.length} pictures in ${path}/index.html\n`]);
  expect(readdirSync(path)).toHaveLength(ENTRIES.length + 1);
  remove();
}, 120_000);

import { Readable } from 'node:stream';
import { afterAll, expect, it } from '@jest/globals';
import { openDiskStorage } from '../../../src/storage/disk.ts';
import { resultKey } from '../../../src/storage/keys.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

it('a result file of any name is kept under a key of its own, one of a plain name under that', async () => {
  const storage = await openDiskStorage(dir.path);
  const names = [
    'report.pdf',
    'Salg 2025.pdf',
    'report-Per region.csv',
    'Ærlig talt.xlsx',
    `${'x'.repeat(300)}.pdf`,
    '.a',
  ];
  const keys = names.map((name) => resultKey('rep_1', name));
  expect(keys[0]).toBe('results/rep_1/report.pdf');
  expect(new Set(keys).size).toBe(names.length);
  for (const [index, key] of keys.entries()) await storage.put(key, Readable.from([Buffer.from(`${index}`)]));
  const read = await Promise.all(keys.map(async (key) => String(await storage.read(key))));
  expect(read).toEqual(['0', '1', '2', '3', '4', '5']);
});

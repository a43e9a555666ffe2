import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createStringStore } from '../../../../workers/reports/data/read/workbook/xlsx/string-store.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

describe('the store of a workbook', () => {
  it('has every text by its number, also beyond its memory, in a file', () => {
    const path = join(dir.path, 'texts');
    const store = createStringStore(path);
    const textOf = (index: number): string => `${index} ${'å'.repeat(2000)}`;
    for (let index = 0; index < 5000; index += 1) store.add(textOf(index));
    expect(existsSync(path)).toBe(true);
    for (const index of [0, 255, 256, 4999, 1, 3000, 2000, 4095, 4096]) expect(store.get(index)).toBe(textOf(index));
    for (const index of [5000, 9999, Number.NaN, -1, 0.5]) expect(store.get(index)).toBeUndefined();
    store.close();
  });
});

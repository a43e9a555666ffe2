import { expect, it } from '@jest/globals';
import type { Found } from '../../support/hostile/fuzz-parsers.ts';
import { startProcess } from '../../support/processes.ts';

/** More is a find: the samples are some kilobytes each. */
const MOST_BYTES = 300_000_000;

it('100,000 generated inputs at every parser of images: refused or read, in little memory, each at once', async () => {
  const seed = Date.now() % 1_000_000;
  const options = ['--seed', String(seed), '--count', '100000'];
  const fuzzer = startProcess(process.execPath, ['test/support/hostile/fuzz-parsers.ts', ...options]);
  await fuzzer.exited;
  const found = JSON.parse(fuzzer.output()) as Found;
  expect(found).toMatchObject({ seed, finds: [] });
  expect(found.peakBytes).toBeLessThan(MOST_BYTES);
});

import { expect, it } from '@jest/globals';
import { readRetryAfter } from '../../../src/fetch/retry-after.ts';

const now = Date.parse('2026-11-23T08:00:00Z');

it.each([
  ['0', 0],
  ['120', 120],
  [' 7 ', 7],
  ['Mon, 23 Nov 2026 08:01:30 GMT', 90],
  ['Mon, 23 Nov 2026 07:00:00 GMT', 0],
  ['86401', 86_400],
  ['999999999999999999999', 86_400],
  ['Fri, 23 Nov 2029 08:00:00 GMT', 86_400],
  ['soon', undefined],
  ['-5', 0],
  ['', undefined],
  [undefined, undefined],
])('Retry-After: %s is %s seconds', (header, seconds) => {
  // Date.parse takes "-5" for a month of long ago: at once, which is as good as anything.
  expect(readRetryAfter(header, now)).toBe(seconds);
});

import { expect, it } from '@jest/globals';
import { heavySlots } from '../../../src/queue/run/bounds/heavy-slots.ts';

it.each([
  [[1], 1],
  [[2], 1],
  [[3], 1],
  [[4], 2],
  [[1, 1], 1],
  [[1, 1, 1, 1], 3],
  [[2, 2], 2],
  [[3, 3], 2],
  [[4, 4], 4],
  [[], 1],
])('workers of %j slots: heavy jobs hold at most %i', (concurrencies, slots) => {
  expect(heavySlots(concurrencies)).toBe(slots);
});

import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { createThinner } from '../../../src/logs/thinner.ts';

let lines: string[];
const thinnerOf = (limit: number, mostNames?: number, everyMs = 1000) => {
  const thinner = createThinner<string>({
    everyMs,
    limit: () => limit,
    tell: (name, count) => void lines.push(`${count} more ${name}`),
    ...(mostNames === undefined ? {} : { mostNames }),
  });
  return (name: string, times = 1) => {
    for (let time = 0; time < times; time++) if (thinner.passes(name, name)) lines.push(name);
  };
};

beforeEach(() => {
  lines = [];
  jest.useFakeTimers();
});
afterEach(() => void jest.useRealTimers());

it('a flood: the first line at once, then each second one that counts the others', () => {
  const come = thinnerOf(1);
  come('full', 1000);
  expect(lines).toEqual(['full']);
  jest.advanceTimersByTime(1000);
  come('full', 500);
  jest.advanceTimersByTime(1000);
  expect(lines).toEqual(['full', '999 more full', '500 more full']);
});

it('a flood over a longer time: one line in it, and one at its end', () => {
  const come = thinnerOf(1, undefined, 60_000);
  come('refused', 500);
  jest.advanceTimersByTime(59_000);
  come('refused', 500);
  expect(lines).toEqual(['refused']);
  jest.advanceTimersByTime(1000);
  expect(lines).toEqual(['refused', '999 more refused']);
});

it('a pause after a flood: the next one has a line of its own again', () => {
  const come = thinnerOf(1);
  come('full', 2);
  jest.advanceTimersByTime(2000);
  come('full');
  expect(lines).toEqual(['full', '1 more full', 'full']);
});

it('up to the limit: all have a line, and nothing is told', () => {
  const come = thinnerOf(10);
  come('refused', 10);
  jest.advanceTimersByTime(1000);
  come('refused', 10);
  jest.advanceTimersByTime(1000);
  expect(lines).toEqual(Array(20).fill('refused'));
});

it('names do not take lines from each other', () => {
  const come = thinnerOf(2);
  come('loud', 1000);
  come('quiet', 2);
  expect(lines.filter((line) => line === 'quiet')).toHaveLength(2);
});

it('more names than are told apart: those beyond share what one has', () => {
  const come = thinnerOf(2, 3);
  for (let name = 0; name < 1000; name++) come(String(name));
  expect(lines).toEqual(['0', '1', '2', '3', '4']);
  jest.advanceTimersByTime(1000);
  expect(lines.at(-1)).toBe('995 more 3');
});

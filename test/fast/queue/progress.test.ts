import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { Progress } from '../../../src/jobs/progress.ts';
import { createProgressWriter } from '../../../src/queue/run/progress.ts';

let written: Progress[];
const record = async (progress: Progress) => void written.push(progress);
const percents = () => written.map(({ percent }) => percent);

beforeEach(() => {
  written = [];
  jest.useFakeTimers();
});
afterEach(() => void jest.useRealTimers());

it('the first report: written at once, with all it says', () => {
  createProgressWriter(record).report({ percent: 10, done: 1, total: 10, unit: 'rows' });
  expect(written).toEqual([{ percent: 10, done: 1, total: 10, unit: 'rows' }]);
});

it('a thousand reports in a row: the first and, a quarter of a second later, the newest', () => {
  const writer = createProgressWriter(record);
  for (let done = 1; done <= 1000; done += 1) writer.report({ percent: done / 10 });
  expect(percents()).toEqual([0]);
  jest.advanceTimersByTime(249);
  expect(percents()).toEqual([0]);
  jest.advanceTimersByTime(1);
  expect(percents()).toEqual([0, 100]);
});

it('reports for ten seconds, one each 10 ms: four writes a second', () => {
  const writer = createProgressWriter(record);
  for (let at = 0; at < 10_000; at += 10) {
    writer.report({ percent: at / 100 });
    jest.advanceTimersByTime(10);
  }
  expect(written.length).toBeGreaterThanOrEqual(39);
  expect(written.length).toBeLessThanOrEqual(41);
  expect(percents()).toEqual(percents().toSorted((a, b) => a - b));
});

it('a report after a pause: written at once again, and no timer runs on for nothing', () => {
  const writer = createProgressWriter(record);
  writer.report({ percent: 10 });
  jest.advanceTimersByTime(1000);
  expect(jest.getTimerCount()).toBe(0);
  writer.report({ percent: 20 });
  expect(percents()).toEqual([10, 20]);
});

it.each([
  [-5, 0],
  [120, 100],
  [33.4, 33],
  [99.5, 100],
  [Number.NaN, 0],
  [Number.POSITIVE_INFINITY, 100],
])('a percent of %p: written as %i', (percent, expected) => {
  createProgressWriter(record).report({ percent });
  expect(percents()).toEqual([expected]);
});

it('a write that fails: made good by the next, and nothing reaches the run', async () => {
  let failures = 1;
  const writer = createProgressWriter(async (progress) => {
    if (failures-- > 0) throw new Error('Redis is away');
    return record(progress);
  });
  writer.report({ percent: 10 });
  writer.report({ percent: 20 });
  await jest.advanceTimersByTimeAsync(250);
  expect(percents()).toEqual([20]);
  await expect(writer.stop()).resolves.toBeUndefined();
});

it('stopped: what is not yet written is dropped, and later reports are too', async () => {
  const writer = createProgressWriter(record);
  writer.report({ percent: 10 });
  writer.report({ percent: 20 });
  await writer.stop();
  expect(jest.getTimerCount()).toBe(0);
  writer.report({ percent: 30 });
  await jest.advanceTimersByTimeAsync(1000);
  expect(percents()).toEqual([10]);
});

it('stopped after a pause, with no write under way: a later report is dropped', async () => {
  const writer = createProgressWriter(record);
  writer.report({ percent: 10 });
  jest.advanceTimersByTime(1000);
  await writer.stop();
  writer.report({ percent: 20 });
  expect(percents()).toEqual([10]);
});

it('stopped while a write is under way: waits for it, so that none lands after the job has ended', async () => {
  const answer = Promise.withResolvers<void>();
  const writer = createProgressWriter(() => answer.promise);
  writer.report({ percent: 10 });
  let stopped = false;
  const stopping = writer.stop().then(() => {
    stopped = true;
  });
  await jest.advanceTimersByTimeAsync(1000);
  expect(stopped).toBe(false);
  answer.resolve();
  await stopping;
  expect(stopped).toBe(true);
});

it('never used: stops at once', async () => {
  await expect(createProgressWriter(record).stop()).resolves.toBeUndefined();
  expect(written).toEqual([]);
});

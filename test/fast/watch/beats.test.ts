import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { createBeats } from '../../../bin/watch/beats.js';
import { makeTempDir } from '../../support/temp-dir.ts';

let dir: ReturnType<typeof makeTempDir>;
let beats: ReturnType<typeof createBeats>;
let now = 0;

beforeEach(() => {
  dir = makeTempDir();
  now = 1000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  beats = createBeats(dir.path);
});
afterEach(() => {
  jest.restoreAllMocks();
  dir.remove();
});

const PID = process.pid;
let beatAt = 1;
function beat(): void {
  writeFileSync(join(dir.path, 'images-0.beat'), '');
  utimesSync(join(dir.path, 'images-0.beat'), beatAt, beatAt);
  beatAt += 1;
}
/** The verdict after each of so many seconds, in which the process shows itself or not. */
function pass(seconds: number, shows: boolean): string[] {
  return Array.from({ length: seconds }, () => {
    now += 1000;
    if (shows) beat();
    beats.begin();
    return beats.judge('images-0', PID);
  });
}

it('one that shows itself is alive; silent: doubtful after 1.5 s, frozen after 5 s; it comes back: alive', () => {
  expect(new Set(pass(10, true))).toEqual(new Set(['alive']));
  expect(pass(6, false)).toEqual(['alive', 'doubtful', 'doubtful', 'doubtful', 'doubtful', 'frozen']);
  expect(pass(1, true)).toEqual(['alive']);
});

it('one that loads has a minute before its first sign, also where its predecessor left one', () => {
  beat();
  expect(pass(60, false).at(-1)).toBe('alive');
  expect(pass(2, false).at(-1)).toBe('frozen');
});

it('one that has begun to show itself may go on loading for a minute; when it has loaded, it has 5 s like any other', () => {
  pass(3, true);
  expect(new Set(pass(60, false))).toEqual(new Set(['alive']));
  expect(pass(2, false).at(-1)).toBe('frozen');
  pass(4, true);
  expect(pass(6, false).at(-1)).toBe('frozen');
});

it('the machine stood still: every process gets its time anew', () => {
  pass(6, true);
  pass(3, false);
  now += 60_000;
  expect(pass(1, false)).toEqual(['alive']);
  expect(pass(6, false).at(-1)).toBe('frozen');
});

it('another process in the place: judged anew', () => {
  pass(3, true);
  pass(4, false);
  now += 1000;
  beats.begin();
  expect(beats.judge('images-0', process.ppid)).toBe('alive');
});

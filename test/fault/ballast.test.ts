import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { createBallast } from '../../bin/watch/ballast.js';
import { mountSmallVolume, type SmallVolume } from '../support/storage/small-volume.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const { path: dir, remove } = makeTempDir();
const mounted = mountSmallVolume(join(dir, 'redis'));
afterAll(() => {
  mounted?.unmount();
  remove();
});

const BYTES = 1_000_000;
const path = join(dir, 'redis', 'weight');
const sizeOf = () => statSync(path, { throwIfNoEntry: false })?.size;

(mounted ? it : it.skip)('the ballast: made with room, given up on a full disk and told, made again with room', () => {
  const volume = mounted as SmallVolume;
  const told: string[] = [];
  const ballast = createBallast({ path, bytes: BYTES }, (_facts, message) => told.push(message));
  ballast.look();
  expect(sizeOf()).toBe(BYTES);
  volume.fillUpTo(500_000);
  ballast.look();
  expect(sizeOf()).toBe(BYTES);
  expect(told).toEqual([]);
  volume.makeRoom();
  volume.fillUpTo(100_000);
  ballast.look();
  expect(sizeOf()).toBeUndefined();
  expect(told).toEqual([expect.stringContaining('the disk is full')]);
  ballast.look();
  expect(sizeOf()).toBeUndefined();
  volume.makeRoom();
  ballast.look();
  expect(sizeOf()).toBe(BYTES);
  expect(told).toHaveLength(1);
});

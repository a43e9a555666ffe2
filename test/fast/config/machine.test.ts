import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../../src/config/config-error.ts';
import { chooseProfile, readMemory } from '../../../src/config/machine.ts';
import { parseConfig } from '../../../workers/config.ts';

describe('the memory that counts', () => {
  it.each([
    [1e9, 0, 1e9],
    [1e9, 512e6, 512e6],
    [1e9, 2 ** 63, 1e9],
  ])('a machine of %d bytes, of which a group may use %d: %d', (machine, allowed, expected) => {
    expect(readMemory(machine, allowed)).toBe(expected);
  });
});

describe('PROFILE', () => {
  it.each([
    [512 * 2 ** 20, 'small'],
    [1024 * 2 ** 20, 'small'],
    [1_499_999_999, 'small'],
    [1_500_000_000, 'large'],
    [2 * 2 ** 30, 'large'],
  ])('auto, with %d bytes: %s', (memory, expected) => {
    expect(chooseProfile(memory)).toBe(expected);
  });

  it('nothing set: what the memory of this machine comes to', () => {
    expect(parseConfig({}).PROFILE).toBe(chooseProfile());
    expect(parseConfig({ PROFILE: 'auto' }).PROFILE).toBe(chooseProfile());
  });

  it('small: fewer images at a time, and less memory for them and for a worker; what is set wins', () => {
    const [small, large] = [parseConfig({}, 'PROFILE=small'), parseConfig({ PROFILE: 'large' })];
    expect(small).toMatchObject({ PROFILE: 'small', IMAGES_WORKERS: 1, IMAGES_CONCURRENCY: 2 });
    expect(small.IMAGES_MEMORY_BYTES).toBeLessThanOrEqual(large.IMAGES_MEMORY_BYTES);
    expect(small.WORKER_MEMORY_BYTES).toBeLessThanOrEqual(large.WORKER_MEMORY_BYTES);
    expect(parseConfig({ PROFILE: 'small', IMAGES_CONCURRENCY: '5' }).IMAGES_CONCURRENCY).toBe(5);
  });

  it('another word: refused with those there are', () => {
    const issuesOf = () => {
      try {
        return parseConfig({ PROFILE: 'tiny' });
      } catch (error) {
        return error instanceof ConfigError ? error.issues : error;
      }
    };
    expect(issuesOf()).toEqual(['PROFILE: must be auto, small or large']);
  });
});

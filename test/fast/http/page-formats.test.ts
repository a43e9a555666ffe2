import { describe, expect, it } from '@jest/globals';
import {
  formatBytes,
  formatDuration,
  formatLabel,
  formatNumber,
  formatOrdinal,
  formatTime,
} from '../../../src/kinds/formats.ts';

describe('how the pages write', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1 kB'],
    [48_213, '48.2 kB'],
    [999_600, '1 MB'],
    [50_000_000, '50 MB'],
    [2_345_000_000, '2.35 GB'],
    [7e15, '7,000 TB'],
  ])('%d bytes: %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [-5, '0 ms'],
    [140, '140 ms'],
    [2449, '2.4 s'],
    [59_940, '59.9 s'],
    [200_000, '3 min 20 s'],
    [3_900_000, '1 h 5 min'],
  ])('%d ms: %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it.each([
    [1, '1st'],
    [2, '2nd'],
    [3, '3rd'],
    [11, '11th'],
    [1022, '1,022nd'],
  ])('place %d: %s', (place, text) => expect(formatOrdinal(place)).toBe(text));

  it('a number: grouped by thousands', () => expect(formatNumber(1_234_567)).toBe('1,234,567'));
  it('a time: the moment in UTC, and it says so', () =>
    expect(formatTime('2026-11-23T04:31:20.500Z')).toMatch(/^23 Nov 2026, 0?4:31:20 UTC$/));
  it.each([
    ['messageId', 'Message id'],
    ['pages', 'Pages'],
    ['callbackUrl', 'Callback URL'],
    ['dry_run', 'Dry run'],
  ])('the field %s: %s', (name, label) => expect(formatLabel(name)).toBe(label));
});

import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { BadName, deriveIdPrefix, nameKind } from '../../../bin/new-kind/names.ts';
import { CONTRACTS } from '../../../workers/index.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');

describe('the name of a new kind', () => {
  it('gives every other name it needs', () => {
    expect(nameKind('brushes', REPOSITORY)).toEqual({
      kind: 'brushes',
      type: 'Brushes',
      setting: 'BRUSHES',
      jobWord: 'Brush',
      idPrefix: 'brs',
    });
  });

  it.each([
    ['thumbnails', 'Thumbnail'],
    ['summaries', 'Summary'],
    ['boxes', 'Box'],
    ['audio', 'Audio'],
  ])('%s: one job is called %s', (kind, jobWord) => {
    expect(nameKind(kind, REPOSITORY).jobWord).toBe(jobWord);
  });

  const malformed = (name: string) => [name, `"${name}" must be one word of 1-32 lower-case letters, such as hashes`];
  it.each([
    ...['', 'Hashes', 'pdf-pages', 'hash2', '../etc', 'a b', 'a'.repeat(33)].map(malformed),
    ...CONTRACTS.map(({ kind }) => [kind, `there is a kind "${kind}" already`]),
    ...['web', 'redis', 'admin', 'jobs'].map((name) => [
      name,
      `"${name}" is taken: a program, a scope or a route has that name`,
    ]),
    ...['class', 'await', 'fetch', 'undefined', 'settings'].map((name) => [
      name,
      `"${name}" can not be the name of a constant in its files`,
    ]),
    ['main', '"main" is taken: workers/main.ts is there already'],
    ['setup', '"setup" is taken: test/unit/setup is there already'],
    ['smtp', '"smtp" is taken: settings that begin with SMTP_ are there already (SMTP_URL)'],
    ['image', '"image" is taken: settings that begin with IMAGE_ are there already (IMAGE_)'],
  ])('"%s": refused, %s', (name, sentence) => {
    expect(() => nameKind(name as string, REPOSITORY)).toThrow(new BadName(sentence));
  });
});

describe('the letters before the job ids', () => {
  it.each([
    ['hashes', [], 'hsh'],
    ['images', [], 'img'],
    ['images', ['img'], 'ims'],
    ['ai', [], 'aix'],
    ['x', [], 'xxy'],
  ])('%s with %j taken: %s', (kind, taken, idPrefix) => {
    expect(deriveIdPrefix(kind, taken)).toBe(idPrefix);
  });

  it('a hundred kinds of one name: three letters each, none twice', () => {
    const taken: string[] = [];
    for (let count = 0; count < 100; count += 1) taken.push(deriveIdPrefix('hashes', taken));
    expect(new Set(taken).size).toBe(100);
    for (const prefix of taken) expect(prefix).toMatch(/^h[a-z]{2}$/);
  });
});

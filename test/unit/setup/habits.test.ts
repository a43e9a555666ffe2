import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateWorkflow } from '@action-validator/core';
import { describe, expect, it } from '@jest/globals';
import { mailAnswers } from '../../../bin/mail-answers.ts';
import { thirdParty } from '../../../bin/third-party.ts';

const repository = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(repository, path), 'utf8');

describe('workflows', () => {
  const folder = '.github/workflows';
  const ci = read(`${folder}/ci.yml`);

  it.each(readdirSync(join(repository, folder)))('%s: right by the schema of workflow files', (file) => {
    expect(validateWorkflow(read(`${folder}/${file}`)).errors).toEqual([]);
  });

  it('what is wrong is found: a key, an event or a step that is none', () => {
    for (const [right, wrong] of [
      ['timeout-minutes: 45', 'timeout: 45'],
      ['pull_request:', 'pull_requests:'],
      ['run: npm test', 'runs: npm test'],
    ] as const) {
      expect(ci).toContain(right);
      expect(validateWorkflow(ci.replace(right, wrong)).errors).not.toEqual([]);
    }
  });

  it('ci: all tests, on Redis 7, Redis 8 and Valkey, with the Node.js of .nvmrc', () => {
    expect(ci).toContain('- run: npm test\n');
    expect([...ci.matchAll(/^ +- name: (\w+(?: \d)?)\n +debian:/gm)].map(([, name]) => name)).toEqual([
      'Redis 7',
      'Redis 8',
      'Valkey',
    ]);
    expect(ci).toContain(`container: node:${read('.nvmrc').trim()}-`);
  });
});

describe('one version of Node.js', () => {
  const major = read('.nvmrc').trim();

  it('.nvmrc, package.json, the image and the types: the same', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
    expect(devDependencies['node']).toMatch(new RegExp(`^\\^?${major}\\.`));
    expect(devDependencies['@types/node']).toMatch(new RegExp(`^\\^?${major}\\.`));
    expect(read('Dockerfile').match(/^FROM node:\d+/gm)).toEqual([`FROM node:${major}`, `FROM node:${major}`]);
  });
});

it('docs/mail-answers.md is what `npm run mail-answers` writes from the table of verdicts', () => {
  expect(read('docs/mail-answers.md')).toBe(mailAnswers());
});

describe('THIRD_PARTY.md', () => {
  it('is what `npm run third-party` writes from the packages there are now', () => {
    expect(read('THIRD_PARTY.md')).toBe(thirdParty(read('package-lock.json')));
  });

  it('names every package that the product depends on, libvips, libheif and the fonts with their notices', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const text = read('THIRD_PARTY.md');
    for (const name of Object.keys(dependencies)) expect(text).toContain(`${name}@`);
    expect(text).toMatch(/### libvips \(LGPL[\s\S]*### libheif [\s\S]*### Fonts \(SIL Open Font License/);
  });

  it('a package without a licence in the lock file: an error with its name, not a gap', () => {
    const lock = JSON.stringify({ packages: { 'node_modules/mystery': { version: '1.0.0' } } });
    expect(() => thirdParty(lock)).toThrow('mystery: package-lock.json names no licence');
  });

  it('a package for development only: left out', () => {
    expect(read('THIRD_PARTY.md')).not.toContain('@action-validator/core');
  });
});

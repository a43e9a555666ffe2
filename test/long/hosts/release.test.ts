import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeTempDir } from '../../support/temp-dir.ts';

const script = join(import.meta.dirname, '../../../bin/release.ts');
const TODAY = /\d{4}-\d\d-\d\d/.source;

describe('npm run release', () => {
  let dir: ReturnType<typeof makeTempDir>;
  const write = (file: string, text: string) => writeFileSync(join(dir.path, file), text);
  const read = (file: string) => readFileSync(join(dir.path, file), 'utf8');
  const git = (...args: string[]) => execFileSync('git', args, { cwd: dir.path, encoding: 'utf8' }).trim();
  const commitAll = () => git('add', '-A') + git('commit', '--quiet', '--message', 'Change something');
  const release = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
      cwd: dir.path,
      encoding: 'utf8',
    });
    return { code: status, stdout, stderr };
  };
  const writePackage = (test = 'touch tested') => {
    write('package.json', JSON.stringify({ name: 'x', version: '0.1.0', scripts: { test } }, null, 2));
  };

  beforeEach(() => {
    dir = makeTempDir();
    git('init', '--quiet', '--initial-branch', 'main');
    git('config', 'user.name', 'Kari');
    git('config', 'user.email', 'kari@example.no');
    writePackage();
    write(
      'package-lock.json',
      JSON.stringify({
        name: 'x',
        version: '0.1.0',
        lockfileVersion: 3,
        packages: { '': { name: 'x', version: '0.1.0' } },
      }),
    );
    write('CHANGELOG.md', '# Changelog\n\n## Unreleased\n\n- New things.\n\n## 0.0.9 - 2026-01-01\n\n- Old things.\n');
    write('.gitignore', 'tested\n');
    commitAll();
  });
  afterEach(() => dir.remove());

  it('tests run; changelog, package.json and lock get the version; one commit, one tag', () => {
    expect(release('0.2.0')).toMatchObject({ code: 0, stderr: '' });
    expect(read('tested')).toBe('');
    expect(read('CHANGELOG.md')).toMatch(
      new RegExp(
        `^# Changelog\n\n## Unreleased\n\n## 0\\.2\\.0 - ${TODAY}\n\n- New things\\.\n\n## 0\\.0\\.9 - 2026-01-01\n\n- Old things\\.\n$`,
      ),
    );
    expect(JSON.parse(read('package.json')).version).toBe('0.2.0');
    expect(JSON.parse(read('package-lock.json'))).toMatchObject({
      version: '0.2.0',
      packages: { '': { version: '0.2.0' } },
    });
    expect(git('log', '--format=%s')).toBe('Release 0.2.0\nChange something');
    expect(git('describe', '--exact-match')).toBe('v0.2.0');
    expect(git('status', '--porcelain')).toBe('');
    // And the next one begins with nothing to release.
    expect(release('0.2.1')).toMatchObject({
      code: 1,
      stderr: 'release: CHANGELOG.md has nothing under "## Unreleased"\n',
    });
  });

  it('--dry-run: says what it would do, runs no test and changes nothing', () => {
    const { code, stdout } = release('0.2.0', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toBe(
      'release: would run npm test, date "Unreleased" as 0.2.0, set the version (now 0.1.0), commit, and tag v0.2.0\n',
    );
    expect(git('status', '--porcelain', '--ignored')).toBe('');
    expect(git('tag')).toBe('');
  });

  it('the version that stands there, not released yet: made', () => {
    expect(release('0.1.0').code).toBe(0);
    expect(git('tag')).toBe('v0.1.0');
  });

  it('a red test: exit status 1, nothing is changed', () => {
    writePackage('exit 1');
    commitAll();
    expect(release('0.2.0')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm test failed; nothing was changed'),
    });
    expect(git('status', '--porcelain')).toBe('');
    expect(git('tag')).toBe('');
  });

  it.each([
    ['a change that is not committed', ['0.2.0'], () => write('README.md', 'new'), 'changes that are not committed'],
    ['a tag that is there', ['0.2.0'], () => git('tag', 'v0.2.0'), 'there is a tag v0.2.0 already'],
    ['an older version', ['0.0.10'], () => {}, '0.0.10 is older than 0.1.0'],
    ['no version', [], () => {}, 'name the version, like 0.2.0'],
    ['something else than a version', ['next'], () => {}, 'name the version, like 0.2.0'],
  ])('%s: refused with exit status 1, before any test', (_, args, prepare, sentence) => {
    prepare();
    expect(release(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining(sentence) });
    expect(() => read('tested')).toThrow('ENOENT');
  });
});

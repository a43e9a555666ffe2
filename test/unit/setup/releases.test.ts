import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BusyError, oneAtATime } from '../../../bin/launch/releases/one-at-a-time.ts';
import {
  currentFolder,
  findRelease,
  listReleases,
  makeRelease,
  pruneReleases,
  turnCurrent,
} from '../../../bin/launch/releases/releases.ts';
import { nameVersion } from '../../../bin/launch/releases/version.ts';
import { type DataPaths, dataPaths, makeDataDir } from '../../../src/data-dir.ts';
import { formatVersion } from '../../../src/kinds/formats.ts';
import { readVersion } from '../../../src/processes/version.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

let dir: ReturnType<typeof makeTempDir>;
let checkout: string;
let paths: DataPaths;

const git = (...args: string[]) => {
  const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
  const { status, stdout, stderr } = spawnSync('git', ['-C', checkout, ...author, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
};
const write = (path: string, text: string) => {
  mkdirSync(join(checkout, path, '..'), { recursive: true });
  writeFileSync(join(checkout, path), text);
};
/** Commits a version that differs from the one before; returns its commit. */
const commit = (text: string) => {
  write('src/app.ts', text);
  git('add', '--all');
  git('commit', '--quiet', '--message', text);
  return git('rev-parse', 'HEAD');
};

beforeEach(() => {
  dir = makeTempDir();
  checkout = join(dir.path, 'checkout');
  mkdirSync(checkout);
  // Data in a folder of the checkout that nobody ignores.
  paths = dataPaths(join(checkout, 'data'));
  makeDataDir(paths);
  git('init', '--quiet');
  write('.gitignore', 'node_modules/\ndata/\n');
  write('node_modules/some/index.js', 'modules');
  write('node_modules/.package-lock.json', 'of now');
  write('.env', 'PORT=1');
  write('test/app.test.ts', 'tests');
});
afterEach(() => dir.remove());

describe('the name of a version', () => {
  it('a commit: its own name, whatever lies beside it', () => {
    const name = commit('one');
    write('.env', 'PORT=2');
    write('node_modules/other/index.js', 'more');
    expect(nameVersion(checkout, paths.root)).toBe(name);
    expect(formatVersion(name)).toBe(name.slice(0, 12));
  });

  it('changed since, or a file more: with a digest of the files; the same files have the same name', () => {
    const name = commit('one');
    write('src/app.ts', 'changed');
    const changed = nameVersion(checkout, paths.root);
    expect(changed).toMatch(new RegExp(`^${name}\\+[0-9a-f]{12}$`));
    expect(formatVersion(changed)).toMatch(/^[0-9a-f]{12}\+[0-9a-f]{12}$/);
    write('src/more.ts', 'more');
    expect(nameVersion(checkout, paths.root)).not.toBe(changed);
    spawnSync('rm', [join(checkout, 'src/more.ts')]);
    expect(nameVersion(checkout, paths.root)).toBe(changed);
  });

  it('a process reads its own without git: the release, the commit of the checkout, or the version of the package', () => {
    write('package.json', '{"version": "1.2.3"}');
    const name = commit('one');
    expect(readVersion(checkout)).toBe(`${name}+checkout`);
    git('pack-refs', '--all');
    expect(readVersion(checkout)).toBe(`${name}+checkout`);
    const other = join(dir.path, 'other');
    git('worktree', 'add', '--quiet', '-b', 'other', other);
    expect(readVersion(other)).toBe(`${name}+checkout`);
    git('checkout', '--quiet', '--detach');
    expect(readVersion(checkout)).toBe(`${name}+checkout`);
    expect(readVersion(makeRelease(checkout, paths, true))).toBe(name);
    spawnSync('rm', ['-r', join(checkout, '.git')]);
    expect(readVersion(checkout)).toBe('1.2.3');
  });

  it('no repository: a digest alone', () => {
    write('src/app.ts', 'one');
    spawnSync('rm', ['-r', join(checkout, '.git')]);
    expect(nameVersion(checkout, paths.root)).toMatch(/^files\+[0-9a-f]{12}$/);
  });
});

describe('a release', () => {
  it('has the files of the product, and its modules by hard links; not the settings, data and tests', () => {
    const folder = makeRelease(checkout, paths, commit('one') !== '');
    expect(folder).toBe(join(paths.releases, git('rev-parse', 'HEAD')));
    expect(readdirSync(folder).toSorted()).toEqual(['.gitignore', 'node_modules', 'src']);
    const inodes = [checkout, folder].map((root) => statSync(join(root, 'node_modules/some/index.js')).ino);
    expect(inodes[0]).toBe(inodes[1]);
    // npm writes this one in its place.
    write('node_modules/.package-lock.json', 'of later');
    expect(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')).toBe('of now');
    // A file of the product is written in its place by editors: a link would follow.
    write('src/app.ts', 'changed');
    expect(readFileSync(join(folder, 'src/app.ts'), 'utf8')).toBe('one');
  });

  it('modules of another version: none are taken; they are when they are the right ones', () => {
    commit('one');
    const folder = makeRelease(checkout, paths, false);
    expect(existsSync(join(folder, 'node_modules'))).toBe(false);
    expect(makeRelease(checkout, paths, true)).toBe(folder);
    expect(existsSync(join(folder, 'node_modules/some/index.js'))).toBe(true);
  });

  it('modules that are a link: stay where they are', () => {
    spawnSync('mv', [join(checkout, 'node_modules'), join(dir.path, 'modules')]);
    symlinkSync(join(dir.path, 'modules'), join(checkout, 'node_modules'));
    commit('one');
    const folder = makeRelease(checkout, paths, true);
    expect(readlinkSync(join(folder, 'node_modules'))).toBe(join(dir.path, 'modules'));
  });

  it('a copy that was broken off is no release, and is made anew', () => {
    const name = commit('one');
    mkdirSync(join(paths.releases, `.part-${name}`, 'src'), { recursive: true });
    writeFileSync(join(paths.releases, `.part-${name}`, 'src/old.ts'), 'of another time');
    expect(listReleases(paths)).toEqual([]);
    expect(readdirSync(join(makeRelease(checkout, paths, true), 'src'))).toEqual(['app.ts']);
  });

  it('three are kept, and the one that runs, however old it is', () => {
    const made = ['one', 'two', 'three', 'four', 'five'].map((text, index) => {
      commit(text);
      const folder = makeRelease(checkout, paths, true);
      utimesSync(folder, 1000 + index, 1000 + index);
      return folder;
    });
    turnCurrent(paths, made[0] ?? '');
    utimesSync(made[0] ?? '', 1000, 1000);
    pruneReleases(paths);
    const left = listReleases(paths).map((name) => join(paths.releases, name));
    expect(left).toEqual([made[4], made[3], made[0]]);
  });
});

describe('what a start runs', () => {
  it('its release, where that very version was deployed; else the checkout', () => {
    commit('one');
    expect(findRelease(checkout, paths)).toBeNull();
    const release = makeRelease(checkout, paths, true);
    expect(findRelease(checkout, paths)).toBe(release);
    turnCurrent(paths, release);
    expect(currentFolder(paths)).toBe(release);
    turnCurrent(paths, null);
    expect(currentFolder(paths)).toBeNull();
    commit('two');
    expect(findRelease(checkout, paths)).toBeNull();
  });
});

describe('one restart at a time', () => {
  it('another one is refused with the pid of the first; the next may begin, also after one that was killed', async () => {
    await oneAtATime(paths, async () => {
      await expect(oneAtATime(paths, async () => {})).rejects.toThrow(
        new BusyError(`another restart or deploy is under way (pid ${process.pid})`),
      );
    });
    writeFileSync(join(paths.run, 'restart.pid'), '999999999');
    expect(await oneAtATime(paths, async () => 'done')).toBe('done');
  });
});

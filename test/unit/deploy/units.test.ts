import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ALLOCATOR } from '../../../bin/launch/config/process-environment.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { ROOT, readDocument } from '../../fast/docs/documents.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const FOLDER = 'deploy/systemd';
const WHOLE = `${FOLDER}/heavylift.service`;
const WORKER = `${FOLDER}/heavylift-worker@.service`;
const UNITS = [WHOLE, WORKER];
/** What a process needs after DRAIN_SECONDS, as supervisord gives it. */
const CLOSING_SECONDS = 10;

const valuesOf = (path: string, name: string) =>
  [...readDocument(path).matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });
const canAnalyze = /offline/.test(analyze('--help').stdout ?? '');

describe.each(UNITS)('%s', (path) => {
  it('stands where deploy/install.sh puts the code, and may write its data alone', () => {
    const script = readDocument('deploy/install.sh');
    const setTo = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(script)?.[1];
    expect(valuesOf(path, 'WorkingDirectory')).toEqual([setTo('app')]);
    expect(valuesOf(path, 'ReadWritePaths')).toEqual([setTo('data')]);
    expect(valuesOf(path, 'User')).toEqual([setTo('user')]);
  });

  (canAnalyze ? it : it.skip)('systemd knows every line, and calls it little exposed (below 2 of 10)', () => {
    const { stdout, stderr } = analyze('security', '--offline=true', '--no-pager', join(ROOT, path));
    expect(stderr).toBe('');
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThan(2);
    const said = analyze('verify', join(ROOT, path))
      .stderr.split('\n')
      .filter((line) => line.includes('heavylift'));
    expect(said.filter((line) => !/Command \S+ is not executable/.test(line))).toEqual([]);
  });
});

describe(WHOLE, () => {
  it('starts what is there, and gives it the time that two drains take', () => {
    const [place = ''] = valuesOf(WHOLE, 'WorkingDirectory');
    const [start = ''] = valuesOf(WHOLE, 'ExecStart');
    expect(existsSync(join(ROOT, start.slice(place.length)))).toBe(true);
    const drains = 2 * (defaultConfig().DRAIN_SECONDS + CLOSING_SECONDS);
    expect(Number(valuesOf(WHOLE, 'TimeoutStopSec')[0])).toBeGreaterThan(drains);
    // A worker that ran out of memory is started again alone.
    expect(valuesOf(WHOLE, 'OOMPolicy')).toEqual(['continue']);
  });
});

describe(WORKER, () => {
  it('has what supervisord gives its processes: their allocator, and the time to drain', () => {
    const environment = Object.fromEntries(
      valuesOf(WORKER, 'Environment').flatMap((line) => line.split(' ').map((part) => part.split('='))),
    );
    expect(environment).toMatchObject(ALLOCATOR);
    const drain = defaultConfig().DRAIN_SECONDS + CLOSING_SECONDS;
    expect(Number(valuesOf(WORKER, 'TimeoutStopSec')[0])).toBeGreaterThan(drain);
    // One that takes too much memory ends with 0.
    expect(valuesOf(WORKER, 'Restart')).toEqual(['always']);
  });

  it('is held as tightly as the whole', () => {
    const held = (path: string) => {
      const [, part = ''] = readDocument(path).split('# It writes below DATA_DIR');
      return part.split('\n').filter((line) => /^[A-Z]/.test(line));
    };
    const forSupervisord = 'SystemCallFilter=@chown';
    expect(held(WORKER)).toEqual(held(WHOLE).filter((line) => line !== forSupervisord));
    expect(held(WORKER).length).toBeGreaterThan(20);
  });

  it.each([
    ['images', 'images'],
    ['images:2', 'images'],
    ['emails-webhooks-calls:10', 'emails webhooks calls'],
  ])('the instance %s: one process, of the kinds %s', (instance, kinds) => {
    const { path, remove } = makeTempDir();
    const node = join(path, 'node_modules/.bin/node');
    mkdirSync(join(path, 'node_modules/.bin'), { recursive: true });
    writeFileSync(node, '#!/bin/sh\nprintf "%s\\n" "$@"\n');
    chmodSync(node, 0o755);
    const [command = ''] = valuesOf(WORKER, 'ExecStart');
    const [, script = ''] = /^\/bin\/sh -c '(.*)' %i$/.exec(command) ?? [];
    // systemd's own signs, and then the shell's.
    const asShell = script.replaceAll('%%', '%').replaceAll('$$', '$');
    const { stdout } = spawnSync('/bin/sh', ['-c', asShell, instance], { cwd: path, encoding: 'utf8' });
    remove();
    expect(stdout.trim().split('\n')).toEqual(['workers/main.ts', ...kinds.split(' ')]);
  });
});

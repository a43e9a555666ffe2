import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT, readDocument } from './documents.ts';

const PATH = 'docs/heavylift.service';
const unit = readDocument(PATH);
const valuesOf = (name: string) => [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value);
const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });
const canAnalyze = /offline/.test(analyze('--help').stdout ?? '');

describe(PATH, () => {
  it('starts what is there, may write its own folder, and gives it the time that it needs', () => {
    const [place = ''] = valuesOf('WorkingDirectory');
    const [start = ''] = valuesOf('ExecStart');
    expect(existsSync(join(ROOT, start.slice(place.length)))).toBe(true);
    expect(valuesOf('ReadWritePaths').some((path) => place.startsWith(`${path}/`))).toBe(true);
    expect(Number(valuesOf('TimeoutStopSec')[0])).toBeGreaterThanOrEqual(60);
    // A worker that ran out of memory is started again alone.
    expect(valuesOf('OOMPolicy')).toEqual(['continue']);
  });

  it('docs/operations.md names it, and the folders that it names', () => {
    const page = readDocument('docs/operations.md');
    expect(page).toContain(PATH);
    expect(page).toContain(String(valuesOf('WorkingDirectory')[0]));
    expect(page).toContain(`--home-dir ${valuesOf('ReadWritePaths')[0]}`);
  });

  (canAnalyze ? it : it.skip)('systemd knows every line, and calls it little exposed (below 3 of 10)', () => {
    const { stdout, stderr } = analyze('security', '--offline=true', '--no-pager', join(ROOT, PATH));
    expect(stderr).toBe('');
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThan(3);
    const said = analyze('verify', join(ROOT, PATH))
      .stderr.split('\n')
      .filter((line) => line.includes('heavylift'));
    expect(said.filter((line) => !/Command \S+ is not executable/.test(line))).toEqual([]);
  });
});

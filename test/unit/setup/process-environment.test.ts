import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { processEnvironment } from '../../../bin/launch/config/process-environment.ts';
import { dataPaths } from '../../../src/data-dir.ts';
import { parseConfig } from '../../../workers/config.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const paths = dataPaths('/srv/data');
const repository = join(import.meta.dirname, '../../..');
const make = (PROFILE: string, given: Record<string, string> = {}) =>
  processEnvironment(parseConfig({ PROFILE }), paths, repository, given);

it('all processes: the allocator gives back what it is given, and the compile cache lies in node_modules', () => {
  expect(make('large')).toMatchObject({
    MALLOC_ARENA_MAX: '2',
    MALLOC_TRIM_THRESHOLD_: '131072',
    NODE_COMPILE_CACHE: join(repository, 'node_modules/.cache/node'),
  });
});

it('a small machine: little room for young objects, which costs a large one too much; what was said before stays', () => {
  expect(make('small')['NODE_OPTIONS']).toBe('--max-semi-space-size=1');
  expect(make('large')['NODE_OPTIONS']).toBeUndefined();
  const given = { NODE_OPTIONS: '--max-semi-space-size=4', MALLOC_ARENA_MAX: '8', PYTHONPATH: '/opt/python' };
  expect(make('small', given)).toMatchObject({
    NODE_OPTIONS: '--max-semi-space-size=1 --max-semi-space-size=4',
    MALLOC_ARENA_MAX: '8',
    PYTHONPATH: `${join(repository, 'bin/launch/supervisord')}:/opt/python`,
  });
});

it('a compile cache that can not be written, such as that of a read-only checkout: it lies with the data', () => {
  const dir = makeTempDir();
  const kept = join(dir.path, 'cache');
  expect(make('large', { NODE_COMPILE_CACHE: kept })['NODE_COMPILE_CACHE']).toBe(kept);
  expect(make('large', { NODE_COMPILE_CACHE: '/dev/null/none' })['NODE_COMPILE_CACHE']).toBe('/srv/data/cache');
  dir.remove();
});

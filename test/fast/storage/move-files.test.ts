import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Moved, type MoveOptions, moveFiles, type NamedStorage } from '../../../bin/storage/move-files.ts';
import { MOVING_FILE } from '../../../src/deployment/join.ts';
import { openDiskStorage } from '../../../src/storage/disk.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

let temp: ReturnType<typeof makeTempDir>;
let from: NamedStorage;
let to: NamedStorage;
beforeEach(async () => {
  temp = makeTempDir();
  from = await place('old');
  to = await place('new');
  await put(from, 'deployment/id', 'dep_1\n');
  await put(from, 'deployment/version', '2\n');
});
afterEach(() => temp.remove());

const place = async (name: string): Promise<NamedStorage> => ({
  name,
  storage: await openDiskStorage(join(temp.path, name)),
});
const put = ({ storage }: NamedStorage, key: string, text: string) =>
  storage.put(key, Readable.from([Buffer.from(text)]));
const move = (changes: Partial<MoveOptions> = {}): Promise<Moved> =>
  moveFiles({
    ...{ from, to, isRunning: async () => false, begin: () => () => {}, signal: new AbortController().signal },
    ...changes,
  });
const contentsOf = async ({ storage }: NamedStorage) => {
  const entries = await Array.fromAsync(storage.walk());
  const read = entries.map(async ({ key }) => [key, String(await storage.read(key))] as const);
  return Object.fromEntries(await Promise.all(read));
};
const isRunning = async () => true;
/** So that a copy of now is known to be a later one. */
const age = (...keys: string[]) => {
  for (const key of keys) utimesSync(join(temp.path, 'old', key), 1000, 1000);
};

it('while the deployment runs files are copied; once more while it is stopped, and only what differs: then the new place counts', async () => {
  for (const key of ['uploads/a-1/file', 'results/a/b', 'results/b/c', 'results/b/d']) await put(from, key, key);
  age('uploads/a-1/file', 'results/a/b', 'results/b/c', 'results/b/d');
  expect(await move({ isRunning })).toEqual({ files: 4, bytes: 49, copied: 4, removed: 0, isDone: false });
  expect(await contentsOf(to)).toMatchObject({ [MOVING_FILE]: 'dep_1\n', 'results/a/b': 'results/a/b' });
  expect(String(await from.storage.read('deployment/id'))).toBe('dep_1\n');

  await from.storage.remove('results/a');
  await put(from, 'results/b/c', 'RESULTS/B/C');
  await put(from, 'results/c/e', 'new');
  expect(await move()).toEqual({ files: 4, bytes: 41, copied: 2, removed: 1, isDone: true });
  expect(await contentsOf(to)).toEqual({
    ...{ 'deployment/id': 'dep_1\n', 'deployment/version': '2\n', 'uploads/a-1/file': 'uploads/a-1/file' },
    ...{ 'results/b/c': 'RESULTS/B/C', 'results/b/d': 'results/b/d', 'results/c/e': 'new' },
  });
  expect(String(await from.storage.read('deployment/id'))).toBe('dep_1 moved to new\n');

  await expect(move({ to: await place('third') })).rejects.toThrow(
    'the files of old have moved to new: set STORAGE_URL',
  );
  await expect(move()).rejects.toThrow('new has the files of this deployment already: set STORAGE_URL to it');
  // And back.
  await to.storage.remove('results/b');
  expect(await move({ from: to, to: from })).toMatchObject({ files: 2, removed: 2, isDone: true });
  expect(Object.keys(await contentsOf(from)).toSorted()).toEqual(
    ['deployment/id', 'deployment/version', 'results/c/e', 'uploads/a-1/file'].toSorted(),
  );
});

it('a deployment that was stopped only during the run does not move: what came meanwhile may be missing', async () => {
  const answers = [true, false];
  expect(await move({ isRunning: async () => answers.shift() ?? false })).toMatchObject({ isDone: false });
  const later = [false, true];
  expect(await move({ isRunning: async () => later.shift() ?? true })).toMatchObject({ isDone: false });
});

it('a run that ended in its last step is brought to its end', async () => {
  await put(from, 'results/a/b', 'content');
  await move({ isRunning });
  await put(from, 'deployment/id', 'dep_1 moved to new\n');
  expect(await move()).toMatchObject({ isDone: true });
  expect(String(await to.storage.read('deployment/id'))).toBe('dep_1\n');
});

it('a place with files of others, or of another deployment, or without one: refused, and nothing is touched', async () => {
  await put(to, 'results/x/y', 'theirs');
  await expect(move()).rejects.toThrow('there are files in new already, such as results/x/y; name an empty place');
  await put(to, 'deployment/id', 'dep_2\n');
  await expect(move()).rejects.toThrow('new belongs to the deployment dep_2, and not to dep_1; name another place');
  expect(await contentsOf(to)).toEqual({ 'deployment/id': 'dep_2\n', 'results/x/y': 'theirs' });
  await expect(move({ from: await place('empty') })).rejects.toThrow('there is no deployment in empty');
});

it('a copy that comes back with other bytes: refused, and the old place counts on', async () => {
  await put(from, 'results/a/b', 'content');
  const { storage } = to;
  const open: typeof storage.open = async (key, range) => {
    const path = join(temp.path, 'new', key);
    if (key.startsWith('results/')) writeFileSync(path, readFileSync(path, 'utf8').toUpperCase());
    return storage.open(key, range);
  };
  const damaged = { name: 'new', storage: { ...storage, open } };
  await expect(move({ to: damaged })).rejects.toThrow(
    'results/a/b came back from new with other bytes than were written',
  );
  expect(await contentsOf(to)).toEqual({ [MOVING_FILE]: 'dep_1\n' });
  expect(String(await from.storage.read('deployment/id'))).toBe('dep_1\n');
});

it('a run that is broken off: it says so, and the next one goes on', async () => {
  for (const key of ['results/a/b', 'results/b/c']) await put(from, key, key);
  const ending = new AbortController();
  const reason = new Error('broken off');
  const begin = () => () => ending.abort(reason);
  await expect(move({ begin, signal: ending.signal })).rejects.toBe(reason);
  expect(await move()).toMatchObject({ files: 2, isDone: true });
});

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { folderOf, type PlaceSettings } from '../../../src/storage/place.ts';
import type { Storage } from '../../../src/storage/storage.ts';

/** What lies in a storage, as paths below it, with what is not whole yet: whether it is a folder or a bucket. */
export async function listStored(storage: Storage, config: PlaceSettings): Promise<string[]> {
  const folder = folderOf(config);
  if (folder !== null) {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  }
  const whole = await Array.fromAsync(storage.walk(), ({ key }) => key);
  const drafts = await Array.fromAsync(storage.list('tmp'), ({ name }) => `tmp/${name}`);
  const growing = await Array.fromAsync(storage.list('growing'), ({ name }) => `growing/${name}`);
  // What the server is tried with lies there too.
  return [...whole, ...growing, ...drafts.filter((name) => name !== 'tmp/check')];
}

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { DEPLOYMENT_FILE, MOVED, MOVING_FILE } from '../../src/deployment/join.ts';
import { AppError } from '../../src/errors.ts';
import { DATA_VERSION_FILE } from '../../src/storage/keys.ts';
import type { Entry, Storage } from '../../src/storage/storage.ts';
import { CommandError } from '../cli/context.ts';

const DEPLOYMENT_FOLDER = 'deployment/';

/**
 * A copy counts for its file when it is so much younger: a server's clock may differ from ours by as much, or it would not
 * take our signatures. A file that was written anew since has another time.
 */
const CLOCKS_DIFFER_MS = 15 * 60_000;
/** Files under way at a time. */
const AT_ONCE = 4;

/** A storage, and what people call it. */
export interface NamedStorage {
  name: string;
  storage: Storage;
}

export interface MoveOptions {
  from: NamedStorage;
  to: NamedStorage;
  /** Whether processes of the deployment run: then the old place stays the one that counts. */
  isRunning: () => Promise<boolean>;
  /** Told after each file, with its bytes; and before the first how much there is. */
  begin: (total: { files: number; bytes: number }) => (bytes: number) => void;
  signal: AbortSignal;
}

/** What was moved. */
export interface Moved {
  files: number;
  bytes: number;
  /** Copied by this run and compared by their SHA-256; the others were there from an earlier one. */
  copied: number;
  /** Taken away at the new place, since they were erased at the old one. */
  removed: number;
  /** Whether the new place counts now; false while the deployment runs. */
  isDone: boolean;
}

/**
 * Copies all files of a deployment to another place and compares what lies there; what an earlier run has copied is not copied
 * again. Where nothing runs, the new place gets the deployment's id, and the old one says where it went, so that no process
 * starts there. Rejects with CommandError, and with the errors of storage; the old place is as it was then.
 */
export async function moveFiles({ from, to, isRunning, begin, signal }: MoveOptions): Promise<Moved> {
  const id = await readOwner(from, to.name);
  await claimTarget(to, id);
  // What is written after it was listed would be left behind.
  const hasRun = await isRunning();
  const there = new Map<string, Entry>();
  for await (const entry of to.storage.walk()) there.set(entry.key, entry);
  const files: Entry[] = [];
  for await (const entry of from.storage.walk()) if (!isOfDeployment(entry.key)) files.push(entry);

  const moved: Moved = { files: files.length, bytes: sumOf(files), copied: 0, removed: 0, isDone: false };
  const told = begin({ files: moved.files, bytes: moved.bytes });
  await forEach(files, async (entry) => {
    signal.throwIfAborted();
    const copy = there.get(entry.key);
    const isThere = copy?.bytes === entry.bytes && copy.modifiedAt > entry.modifiedAt + CLOCKS_DIFFER_MS;
    if (!isThere && (await copyFile(from, to, entry.key, signal))) moved.copied += 1;
    told(entry.bytes);
  });
  signal.throwIfAborted();
  for (const { key } of files) there.delete(key);
  for (const key of there.keys()) {
    if (isOfDeployment(key)) continue;
    await to.storage.remove(key);
    moved.removed += 1;
  }
  if (!hasRun && !(await isRunning())) {
    await handOver({ from, to }, id);
    moved.isDone = true;
  }
  return moved;
}

const isOfDeployment = (key: string): boolean => key.startsWith(DEPLOYMENT_FOLDER);
const sumOf = (files: readonly Entry[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

/** The id of the deployment whose files lie there; throws CommandError where they have moved on. */
async function readOwner({ name, storage }: NamedStorage, target: string): Promise<string> {
  const text = await readText(storage, DEPLOYMENT_FILE);
  if (!text) throw new CommandError(`there is no deployment in ${name}`);
  const [id = '', movedTo] = text.split(MOVED);
  // The last step of an earlier run may be missing.
  if (movedTo === undefined || movedTo === target) return id;
  throw new CommandError(`the files of ${name} have moved to ${movedTo}: set STORAGE_URL to that first`);
}

async function readText(storage: Storage, key: string): Promise<string | null> {
  try {
    return (await storage.read(key)).toString().trim();
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  }
}

const writeText = (storage: Storage, key: string, text: string) =>
  storage.put(key, Readable.from([Buffer.from(`${text}\n`)]));

/** Marks the new place as one to which files come; throws CommandError where there are files of others. */
async function claimTarget({ name, storage }: NamedStorage, id: string): Promise<void> {
  const [text, moving] = [await readText(storage, DEPLOYMENT_FILE), await readText(storage, MOVING_FILE)];
  if (text === id) throw new CommandError(`${name} has the files of this deployment already: set STORAGE_URL to it`);
  const owner = text?.split(MOVED)[0] ?? moving;
  if (owner !== null && owner !== id) {
    throw new CommandError(`${name} belongs to the deployment ${owner}, and not to ${id}; name another place`);
  }
  if (owner === null) {
    for await (const { key } of storage.walk()) {
      throw new CommandError(
        `there are files in ${name} already, such as ${key}; name an empty place, or another prefix`,
      );
    }
  }
  await writeText(storage, MOVING_FILE, id);
}

/** Copies a file and reads it back; false for one that was erased meanwhile. */
async function copyFile(from: NamedStorage, to: NamedStorage, key: string, signal: AbortSignal): Promise<boolean> {
  const source = await from.storage.open(key).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  });
  if (source === null) return false;
  const { sha256 } = await to.storage.put(key, source, { signal });
  const hash = createHash('sha256');
  for await (const chunk of await to.storage.open(key)) hash.update(chunk as Buffer);
  if (hash.digest('hex') === sha256) return true;
  await to.storage.remove(key);
  throw new CommandError(`${key} came back from ${to.name} with other bytes than were written; nothing was moved`);
}

/** Has the new place count, and the old one no longer. Each step may be done again. */
async function handOver({ from, to }: Pick<MoveOptions, 'from' | 'to'>, id: string): Promise<void> {
  const version = await readText(from.storage, DATA_VERSION_FILE);
  if (version !== null) await writeText(to.storage, DATA_VERSION_FILE, version);
  await writeText(from.storage, DEPLOYMENT_FILE, `${id}${MOVED}${to.name}`);
  await writeText(to.storage, DEPLOYMENT_FILE, id);
  await to.storage.remove(MOVING_FILE);
}

/** Does something for each, some at a time. Rejects with the first error, when none is under way any more. */
async function forEach<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  let failed: { error: unknown } | null = null;
  const work = async () => {
    for (const one of left) {
      if (failed) return;
      await act(one).catch((error: unknown) => {
        failed ??= { error };
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failed) throw (failed as { error: unknown }).error;
}

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { Parser, type ReadEntry } from 'tar';
import { CommandError } from '../cli/context.ts';
import { isEntryName, MANIFEST, type Manifest, manifestSchema, SUMS } from './contents.ts';

/** The two entries that are read into memory have at most so many bytes. */
const MANIFEST_BYTES = 1_000_000;
const SUMS_BYTES = 500_000_000;

/** What an archive holds, once all of it was read. */
export interface Archive {
  manifest: Manifest;
  /** The files for the data directory, and their bytes. */
  files: number;
  bytes: number;
  sums: ReadonlyMap<string, string>;
}

/** What is done with a file for the data directory: gets its content, all of which it must read. */
export type OnFile = (name: string, content: AsyncIterable<Buffer>, bytes: number) => Promise<void>;

/** What is done with the manifest, the first entry: may throw what speaks against the archive. */
export type OnManifest = (manifest: Manifest) => Promise<void>;

/**
 * Reads all of an archive and compares each file with its sum. Rejects with CommandError, in one line, where it is cut
 * off, damaged, or no backup, and with what the callbacks reject with. Writes nothing by itself.
 */
export async function readArchive(path: string, onManifest: OnManifest, onFile: OnFile): Promise<Archive> {
  const damaged = (why: string) => new CommandError(`${path} is ${why}; nothing was restored`);
  const sums = new Map<string, string>();
  const found: { manifest: Manifest | null; listed: string | null } = { manifest: null, listed: null };
  let bytes = 0;

  const readEntry = async (entry: ReadEntry) => {
    const name = entry.path;
    if (found.manifest === null) {
      found.manifest = await readManifest(entry, sums).catch(() => null);
      if (found.manifest === null) throw damaged('no backup of Heavylift');
      return onManifest(found.manifest);
    }
    if (found.listed !== null) throw damaged(`damaged: ${JSON.stringify(name)} follows its end`);
    if (name === SUMS) {
      found.listed = (await readWhole(entry, SUMS_BYTES)).toString();
      return undefined;
    }
    if (entry.type !== 'File' || !isEntryName(name) || sums.has(name)) {
      throw damaged(`no backup of Heavylift: it has an entry ${JSON.stringify(name)} (${entry.type})`);
    }
    bytes += entry.size;
    return onFile(name, hashed(entry, name, sums), entry.size);
  };
  await parse(path, readEntry).catch((error: Error & { tarCode?: string }) => {
    if (error.tarCode === undefined && !isDecompression(error)) throw error;
    throw damaged(found.manifest ? `cut off or damaged (${error.message})` : 'no backup of Heavylift');
  });
  const { manifest, listed } = found;
  if (manifest === null) throw damaged('no backup of Heavylift');
  if (listed === null) throw damaged('cut off: its end is missing');
  const wrong = findWrongSum(listed, sums);
  if (wrong !== null) throw damaged(`damaged: ${wrong} is not what was backed up`);
  return { manifest, sums, bytes, files: sums.size - 1 };
}

const isDecompression = ({ code }: NodeJS.ErrnoException): boolean => code?.startsWith('Z_') ?? false;

async function readManifest(entry: ReadEntry, sums: Map<string, string>): Promise<Manifest | null> {
  if (entry.path !== MANIFEST || entry.size > MANIFEST_BYTES) return null;
  const content = await readWhole(hashed(entry, MANIFEST, sums), MANIFEST_BYTES);
  return manifestSchema.safeParse(JSON.parse(content.toString())).data ?? null;
}

async function readWhole(content: AsyncIterable<Buffer>, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new CommandError('an entry of the archive is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The content; its sum is noted when all of it was read. */
async function* hashed(
  content: AsyncIterable<Buffer>,
  name: string,
  sums: Map<string, string>,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  sums.set(name, hash.digest('hex'));
}

/** A file that the list of sums and the archive do not agree on; null when there is none. */
function findWrongSum(listed: string, sums: ReadonlyMap<string, string>): string | null {
  const lines = listed.split('\n').filter((line) => line !== '');
  const expected = new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
  const names = [...new Set([...expected.keys(), ...sums.keys()])];
  return names.find((name) => expected.get(name) !== sums.get(name)) ?? null;
}

/** Hands the entries of an archive to `onEntry`, one after the other. Rejects with the parser's errors, and with its. */
async function parse(path: string, onEntry: (entry: ReadEntry) => Promise<unknown>): Promise<void> {
  const parser = new Parser({ strict: true });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  let handled: Promise<unknown> = Promise.resolve();
  const take = (entry: ReadEntry) => {
    handled = handled.then(() => onEntry(entry));
    handled.catch(failed.reject);
  };
  parser.on('entry', take);
  // What the parser would pass over: links to devices, and types that it does not know.
  parser.on('ignoredEntry', take);
  parser.on('error', failed.reject);
  const ended = once(parser, 'end');
  ended.catch(() => {});
  const file = await open(path);
  try {
    for await (const chunk of file.createReadStream({ highWaterMark: 1 << 20, autoClose: false })) {
      const isTaken = parser.write(chunk as Buffer);
      await Promise.race([isTaken ? null : once(parser, 'drain'), failed.promise]);
    }
    parser.end();
    await Promise.race([ended, failed.promise]);
    await handled;
  } finally {
    await file.close();
  }
}

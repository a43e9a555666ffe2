import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../../src/errors.ts';
import { createGuardedFetch, type GuardedFetch } from '../../../src/fetch/guarded-fetch.ts';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
import { type RunContext, withoutPlace } from '../../../src/jobs/processor.ts';
import type { MakeRowFile } from '../../../src/kinds/worker-deps.ts';
import { classifyDiskError } from '../../../src/storage/disk-errors.ts';
import { openScratchFolder } from '../../../src/storage/scratch-folder.ts';
import type { FlowInput } from '../input/flow.ts';
import { beginsLikeRows } from '../rows/file-sort.ts';
import { MAX_ROWS_BYTES } from '../rows/read-rows.ts';
import type { FlowsConfig } from '../settings.ts';
import { flowFailed, type RowsFile, type RowsSource } from './state.ts';

const FETCH_MS = 120_000;
/** What rows are kept as beside their flow: they are the same whenever it is gone on with. */
const NAME = 'rows.ndjson';
const TYPE = 'application/x-ndjson';
/** Another try of the same ends the same. */
const FINAL = ['source_unavailable', 'payload_too_large', 'invalid_request', 'quota_exceeded', 'unauthorized'];
/** What comes counts each time that so much more has. */
const COUNTED_BYTES = 1_000_000;

interface RowsSourceDeps {
  config: FlowsConfig;
  makeRowFile: MakeRowFile;
}

/** Finds where the rows of a flow lie, once; those of a table, and of an address, are written to a file of the flow's own. */
export type OpenRowsSource = (
  forEach: NonNullable<FlowInput['forEach']>,
  context: KeepingContext,
) => Promise<{ source: RowsSource; total: number | null }>;

/** A run's context, and what has the flow count for so many bytes of its own. That rejects where its caller has no room for them. */
export type KeepingContext = RunContext & { keep(bytes: number): Promise<void> };

/** Makes what finds them. Addresses are fetched from hosts that FETCH_ALLOW names alone: what they send is sent on. */
export function createRowsSource({ config, makeRowFile }: RowsSourceDeps): OpenRowsSource {
  const fetch = createGuardedFetch({
    allow: config.FETCH_ALLOW ?? [],
    ownAddresses: config.OWN_ADDRESSES,
    onlyListed: true,
  });
  const use = { kind: 'flows', timeoutMs: config.FLOWS_TIMEOUT_SECONDS * 1000 };
  return async (forEach, context) => {
    try {
      const upload = forEach.upload === undefined ? null : await findUpload(forEach.upload, context);
      const openHead = async (): Promise<Readable> => context.storage.open(upload?.key ?? '');
      if (forEach.rows || (upload && (upload.bytes === 0 || (await beginsLikeRows(openHead)))))
        return { source: 'input', total: null };
      const folder = await openScratchFolder(config.DATA_DIR, use);
      try {
        const path = join(folder.path, 'source');
        const open = () => (upload ? context.storage.open(upload.key) : openUrl(forEach.url ?? '', fetch, context));
        // An upload counts already.
        const copy = async () => save(await open(), path, upload ? { ...context, keep: async () => {} } : context);
        await (upload ? copy() : withoutPlace(context, copy));
        const name = upload ? `the upload ${forEach.upload}` : `the file at ${new URL(forEach.url ?? '').hostname}`;
        return await writeRows({ path, name, forEach }, { config, makeRowFile }, context);
      } finally {
        await folder.remove();
      }
    } catch (thrown) {
      await letGo(context);
      if (!(thrown instanceof AppError && FINAL.includes(thrown.code))) throw thrown;
      const what = thrown.code === 'quota_exceeded' ? 'The rows have no room: ' : '';
      throw flowFailed(`${what}${thrown.message} Nothing was begun.`);
    }
  };
}

/** Nothing was kept. A run that has lost the flow leaves that to the one that has it. */
async function letGo({ signal, keep }: KeepingContext): Promise<void> {
  if (signal.aborted && !(signal.reason instanceof AppError)) return;
  // Where that does not come through, the next run finds it.
  await keep(0).catch(() => {});
}

/** Has what comes count before it is written. */
async function* count(content: AsyncIterable<Buffer>, keep: KeepingContext['keep']): AsyncGenerator<Buffer> {
  let bytes = 0;
  let told = 0;
  for await (const part of content) {
    bytes += part.length;
    if (bytes - told > COUNTED_BYTES) {
      await keep(bytes);
      told = bytes;
    }
    yield part;
  }
  await keep(bytes);
}

async function findUpload(id: string, { jobs }: RunContext): Promise<StoredFile> {
  const [file] = (await jobs.find(id)).files;
  if (file) return file;
  throw new AppError('source_unavailable', `The upload ${id} with the rows of the flow is gone.`);
}

const openUrl = async (url: string, { get }: GuardedFetch, { signal }: RunContext): Promise<Readable> =>
  (await get(url, { maxBytes: MAX_ROWS_BYTES, timeoutMs: FETCH_MS, signal })).stream;

async function save(content: Readable, path: string, { signal, keep }: KeepingContext): Promise<void> {
  try {
    await pipeline(content, (parts) => count(parts, keep), createWriteStream(path, { mode: 0o600 }), { signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : classifyDiskError(error);
  }
}

/** Writes what was copied to a file of the flow's own, as rows. */
async function writeRows(
  { path, name, forEach: { sheet } }: { path: string; name: string; forEach: NonNullable<FlowInput['forEach']> },
  { config, makeRowFile }: RowsSourceDeps,
  { storage, signal, keep }: KeepingContext,
): Promise<{ source: RowsFile; total: number | null }> {
  const put = async (from: string, isNumbered: boolean): Promise<RowsFile> => {
    await keep((await stat(from)).size);
    const { key, bytes } = await storage.write(NAME, TYPE, createReadStream(from));
    return { key, bytes, isNumbered };
  };
  const isEmpty = (await stat(path)).size === 0;
  if (isEmpty || (await beginsLikeRows(async (most) => createReadStream(path, { end: most - 1 }))))
    return { source: await put(path, false), total: null };
  const to = `${path}-rows`;
  const total = await makeRowFile({ path, name, sheet, maxRows: config.FLOWS_MAX_ROWS }, to, { signal, onBytes: keep });
  return { source: await put(to, true), total };
}

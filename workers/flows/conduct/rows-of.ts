import { AppError } from '../../../src/errors.ts';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
import type { RunContext } from '../../../src/jobs/processor.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import type { FlowInput } from '../input/flow.ts';
import { countRows, type LinePosition, type ReadLine, readLines } from '../rows/read-rows.ts';

/** The rows that a flow is done for. */
export interface Rows {
  /** Counts them. Rejects with source_unavailable where their upload is gone. */
  count(): Promise<number>;
  /** Reads them from a position on. */
  from(position: LinePosition): AsyncIterable<ReadLine>;
}

/** Opens the rows of a flow: the one of a flow for one, those of the request, or those of an upload. */
export function openRows(
  { forEach }: Pick<FlowInput, 'forEach'>,
  { storage, jobs }: { storage: Pick<Storage, 'open'>; jobs: RunContext['jobs'] },
): Rows {
  if (!forEach) return listedRows([null], 0);
  const { upload, rows } = forEach;
  if (upload === undefined) return listedRows(rows ?? [], 1);
  const find = async (): Promise<StoredFile> => {
    const [file] = (await jobs.find(upload)).files;
    if (file) return file;
    throw new AppError('source_unavailable', `The upload ${upload} with the rows of the flow is gone.`);
  };
  return {
    count: async () => countRows(await open(await find(), 0, storage)),
    async *from(position) {
      const file = await find();
      if (position.at >= file.bytes) return;
      const content = await open(file, position.at, storage);
      try {
        yield* readLines(content, position);
      } finally {
        content.destroy();
      }
    },
  };
}

const open = ({ key, bytes }: StoredFile, start: number, storage: Pick<Storage, 'open'>) =>
  storage.open(key, { start, end: bytes - 1 });

/** Rows that lie in the request; `first` is the number of the first. */
function listedRows(rows: readonly ReadLine['row'][], first: number): Rows {
  return {
    count: async () => rows.length,
    async *from({ at }) {
      for (const [index, row] of rows.entries()) {
        if (index >= at) yield { number: index + first, at: index, next: index + 1, row, fault: null };
      }
    },
  };
}

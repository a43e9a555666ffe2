import { AppError } from '../../../src/errors.ts';
import type { RunContext } from '../../../src/jobs/processor.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import type { FlowInput } from '../input/flow.ts';
import { countRows, type LinePosition, type ReadLine, readLines, readNumbered } from '../rows/read-rows.ts';
import type { RowsFile, RowsSource } from './state.ts';

/** The rows that a flow is done for. */
export interface Rows {
  /** Counts them. Rejects with source_unavailable where their upload is gone. */
  count(): Promise<number>;
  /** Reads them from a position on. */
  from(position: LinePosition): AsyncIterable<ReadLine>;
}

interface RowsDeps {
  storage: Pick<Storage, 'open'>;
  jobs: RunContext['jobs'];
  /** Where they lie; undefined until that is known. */
  source(): RowsSource | undefined;
}

/** Opens the rows of a flow: the one of a flow for one, those of the request, of an upload, or of a file of the flow's own. */
export function openRows({ forEach }: Pick<FlowInput, 'forEach'>, { storage, jobs, source }: RowsDeps): Rows {
  if (!forEach) return listedRows([null], 0);
  const { upload, rows } = forEach;
  if (rows) return listedRows(rows, 1);
  const find = async (): Promise<Pick<RowsFile, 'key' | 'bytes'>> => {
    const own = source();
    if (typeof own === 'object') return own;
    const [file] = upload === undefined ? [] : (await jobs.find(upload)).files;
    if (file) return file;
    throw new AppError('source_unavailable', `The upload ${upload} with the rows of the flow is gone.`);
  };
  return {
    async count() {
      const file = await find();
      return file.bytes === 0 ? 0 : countRows(await open(file, 0, storage));
    },
    async *from(position) {
      const file = await find();
      if (position.at >= file.bytes) return;
      const own = source();
      const read = typeof own === 'object' && own.isNumbered ? readNumbered : readLines;
      const content = await open(file, position.at, storage);
      try {
        yield* read(content, position);
      } finally {
        content.destroy();
      }
    },
  };
}

const open = ({ key, bytes }: Pick<RowsFile, 'key' | 'bytes'>, start: number, storage: Pick<Storage, 'open'>) =>
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

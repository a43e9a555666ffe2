import type { Problem } from '../../../src/errors.ts';
import { failedRowsKey } from '../../../src/redis/keys.ts';
import type { Redis } from '../../../src/redis/script.ts';
import type { LinePosition } from '../rows/read-rows.ts';
import type { StepOutcome } from './state.ts';

/** A sentence is kept up to this length, of so many rows; of the others their code is. */
const MOST_DETAIL = 400;
const MOST_TOLD = 1000;
const UNTOLD = `A flow keeps the reasons of ${MOST_TOLD} rows that failed: this is one more.`;

/** A row that failed: the step that did, its job (null where none was made), why, and how each step ended. */
export interface FailedRow {
  row: LinePosition;
  step: string;
  job: string | null;
  error: Pick<Problem, 'code' | 'detail'>;
  outcomes: Record<string, StepOutcome>;
}

/** The rows of flows that failed, in the order of their numbers; they are erased with their flow. */
export interface FailedRows {
  /** Enters rows, each in the place of what is there of it. */
  put(flow: string, rows: readonly FailedRow[]): Promise<void>;
  /** Takes rows out. */
  drop(flow: string, numbers: readonly number[]): Promise<void>;
  /** Takes all out. */
  clear(flow: string): Promise<void>;
  /** Reads so many of those behind a number. */
  list(flow: string, after: number, limit: number): Promise<FailedRow[]>;
}

function readEntry(text: string): FailedRow {
  const row = JSON.parse(text) as Omit<FailedRow, 'error'> & { error: { code: Problem['code']; detail?: string } };
  return { ...row, error: { code: row.error.code, detail: row.error.detail ?? UNTOLD } };
}

/** Makes the store over a connection. */
export function createFailedRows(redis: Redis, kind: string): FailedRows {
  const keyOf = (flow: string) => failedRowsKey(kind, flow);
  /** The numbers of those rows whose sentence is kept already. */
  const findTold = async (key: string, rows: readonly FailedRow[]): Promise<Set<number>> => {
    const found = await Promise.all(rows.map(({ row }) => redis.zrangebyscore(key, row.number, row.number)));
    const entries = found.flat().map((text) => JSON.parse(text) as { row: LinePosition; error: { detail?: string } });
    return new Set(entries.flatMap(({ row, error }) => (error.detail === undefined ? [] : [row.number])));
  };
  return {
    async put(flow, rows) {
      if (rows.length === 0) return;
      const isFull = (await redis.zcard(keyOf(flow))) >= MOST_TOLD;
      // One that failed before takes the place of its own sentence.
      const told = isFull ? await findTold(keyOf(flow), rows) : null;
      const writes = redis.multi();
      for (const { row } of rows) writes.zremrangebyscore(keyOf(flow), row.number, row.number);
      for (const { error, ...one } of rows) {
        const detail = error.detail.length > MOST_DETAIL ? `${error.detail.slice(0, MOST_DETAIL)}…` : error.detail;
        const mayTell = !told || told.has(one.row.number);
        const kept = { code: error.code, ...(mayTell ? { detail } : {}) };
        writes.zadd(keyOf(flow), one.row.number, JSON.stringify({ ...one, error: kept }));
      }
      await writes.exec();
    },
    async drop(flow, numbers) {
      if (numbers.length === 0) return;
      const writes = redis.multi();
      for (const number of numbers) writes.zremrangebyscore(keyOf(flow), number, number);
      await writes.exec();
    },
    async clear(flow) {
      await redis.del(keyOf(flow));
    },
    async list(flow, after, limit) {
      const found = await redis.zrangebyscore(keyOf(flow), `(${after}`, '+inf', 'LIMIT', 0, limit);
      return found.map(readEntry);
    },
  };
}

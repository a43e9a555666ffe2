import type { Config } from '../config/platform.ts';
import type { TellEndpoints } from '../endpoints/told.ts';
import type { StatefulDeps } from '../jobs/processor.ts';
import type { StoredJob } from '../jobs/stored-job.ts';
import type { StepJobs } from './step-jobs.ts';

/** All that a worker process gives a kind's processor. */
export interface WorkerDeps<Settings extends Config = Config> extends StatefulDeps<Settings> {
  /** Finds a job of any kind; null when there is none of that id. */
  findJob(id: string): Promise<StoredJob | null>;
  /** Tells the endpoints of a caller of something that happened to a job beside its end. */
  tellEndpoints: TellEndpoints;
  /** Whether the key of that name is an operator's. */
  isOperator(name: string): Promise<boolean>;
}

/** A table on this host's disk: CSV, a workbook (XLSX, ODS), or a list of JSON objects. */
export interface Table {
  path: string;
  /** How a sentence names it: `the file at example.com`. */
  name: string;
  /** Of a workbook: the sheet by its name, or its number from 1. */
  sheet?: string | number | undefined;
  maxRows: number;
}

/**
 * Makes a file of rows of a table, a JSON object `{line, row}` on each of its lines; answers how many there are. `onBytes` is
 * told how many bytes it has by now, and stops it by rejecting. Rejects with source_unavailable for what is no table, with what
 * `onBytes` does, and with the signal's reason.
 */
export type MakeRowFile = (table: Table, to: string, watch: RowFileWatch) => Promise<number>;

export interface RowFileWatch {
  signal: AbortSignal;
  onBytes(bytes: number): Promise<void>;
}

/** The same for a kind whose jobs ask for other jobs. */
export interface ConductingDeps<Settings extends Config = Config> extends WorkerDeps<Settings> {
  /** Opens what asks for jobs on behalf of callers; loaded when it is first asked for. */
  stepJobs(): Promise<StepJobs>;
  makeRowFile: MakeRowFile;
}

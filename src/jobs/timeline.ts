/** What a job's record keeps of a run that did not complete it, or of its being run again. Times are Redis' (ms). */
export interface StoredEntry {
  at: number;
  /** The code of the error that the run ended with; `worker_died`, `run_again` and `left_out` (a gap) are no errors. */
  code: string;
  detail?: string;
  /** Which attempt it was. */
  run?: number;
  /** When the run began; of several like it the first. */
  began?: number;
  /** Set where it used up the attempt. */
  used?: true;
  /** Whose run it was: `images-0@host`. */
  by?: string;
  /** Until the next run (ms); absent for the last one. */
  againMs?: number;
  /** How many like it there were. */
  times?: number;
}

/** What is kept of a job beside its record, for its timeline. */
export interface StoredTimeline {
  entries: StoredEntry[];
  /** Who has the job, or completed it; null where that is not known. */
  by: string | null;
}

/** The longest sentence that is kept of a run's failure. */
const MOST_DETAIL = 200;

/** Cuts a sentence to what a timeline keeps of it. */
export const cutDetail = (text: string): string =>
  text.length > MOST_DETAIL ? `${text.slice(0, MOST_DETAIL - 1).toWellFormed()}…` : text;

/** Reads a timeline as its record has it; what can't be read is left out. */
export function readEntries(text: string | null): StoredEntry[] {
  try {
    const entries: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(entries) ? entries.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(entry: unknown): entry is StoredEntry {
  const { at, code } = (entry ?? {}) as Partial<StoredEntry>;
  return typeof at === 'number' && typeof code === 'string';
}

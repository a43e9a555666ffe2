/** The field of a batch's webhook that says what is known of its jobs: a letter for each. */
export const BATCH_STATES_FIELD = 'states';
/** The field that has what it sends, once all of them have ended. */
export const BATCH_BODY_FIELD = 'body';
/** The field that says when all of its jobs were looked at last (ms). */
export const BATCH_SCAN_FIELD = 'scannedAt';

/** The field that says when its request was last known to queue jobs still (ms); not set once it has queued all. */
export const BATCH_OPEN_FIELD = 'openAt';

/** So long after its request was last known to go on a batch that came to no end is taken for what was accepted by then. */
export const BATCH_OPEN_MS = 60_000;

/** What is known of a job of a batch, by its letter. */
export const BATCH_LETTERS = {
  completed: 'c',
  failed: 'f',
  cancelled: 'x',
  erased: 'e',
  pending: 'p',
  refused: '-',
} as const;
export type BatchState = keyof typeof BATCH_LETTERS;

/** Reads the letters; of a batch that is still open nothing is known. */
export function readBatchStates(text: string | null, count: number): BatchState[] | null {
  if (text?.length !== count) return null;
  const names = Object.keys(BATCH_LETTERS) as BatchState[];
  return [...text].map((letter) => names.find((name) => BATCH_LETTERS[name] === letter) ?? 'pending');
}

/** Writes them. */
export const writeBatchStates = (states: readonly BatchState[]): string =>
  states.map((state) => BATCH_LETTERS[state]).join('');

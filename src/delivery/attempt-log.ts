import type { RunContext } from '../jobs/processor.ts';

/** Of an answer's text so much is kept in the job's log. */
const KEPT_TEXT_LENGTH = 1000;

/** One attempt to send something, as the job's page shows it. */
export interface SentEntry {
  at: Date;
  attempt: number;
  /** Milliseconds until it was answered or given up. */
  ms: number;
  status?: number;
  /** Why there was no answer. */
  error?: string;
}

/** The beginning of what the host said, and whether it is an inner one, whose words are for operators alone. */
export interface SaidText {
  text: string;
  isInner: boolean;
}

/** Adds an attempt to the job's log, and to the process's. Never rejects: a missing line is no reason to send anything twice. */
export async function recordAttempt(
  { appendLog, log }: Pick<RunContext, 'appendLog' | 'log'>,
  { at, ...facts }: SentEntry,
  said?: SaidText,
): Promise<void> {
  const { error, ...answer } = facts;
  log.info(error === undefined ? answer : { ...answer, err: error }, error === undefined ? 'answered' : 'not answered');
  const kept = said?.text ? { text: said.text.slice(0, KEPT_TEXT_LENGTH), isInner: said.isInner } : {};
  await appendLog({ at: at.toISOString(), ...facts, ...kept }).catch((err) =>
    log.warn({ err }, 'attempt not recorded'),
  );
}

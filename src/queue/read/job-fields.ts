/**
 * The fields of a job's hash that we read or write, once. Bull's own are named in `STORED_FIELDS` and `RETRY_CLEARS`;
 * ours:
 *
 * - `run` names the run that has the job (`<worker>/<time>`), `begun` is set while its processor works;
 * - `runs` counts the runs that ended and used up an attempt, `final` is set when the last of them is among these;
 * - `crashes` counts the runs whose worker died, `lost` names them (`run`, with spaces between); `stalls` counts the runs
 *   whose worker stood still and came back;
 * - `cancel` is set when the job is cancelled while it runs;
 * - `retries` counts how often the job was run again by hand, `retriedAt` is when that was last (ms);
 * - `lastError` is what failed in the last attempt that did, while more are to come (`LastError` as JSON);
 * - `waitingOn` is what a job that was put back waits on, `waitingFor` names the jobs whose end it waits for, or waited for last; `waits` is 1 while it does so.
 * - `text` has the short texts that it is found by (`listing/search-text.ts`);
 * - `caller` is the key's name that posted it; `fetching` is set while its run holds no place; `gaveWay` is the `processedOn`
 *   of the run that gave its place up for another caller; `entered` is when it was last put among the waiting ones (ms), not set
 *   while that is when it was accepted; `waited` is set when its first run has ended otherwise than well.
 *
 * - `timeline` has what became of its runs (`jobs/timeline.ts`), `by` who completed it;
 * - `going` is set when the record is about to be erased: no job can hold it any more, and nobody run it again or write at it;
 * - `linkedUntil` is until when a link leads to its files (ms).
 *
 * Fields that begin with `own:` are the kind's, which writes them by `StatefulDeps.jobKey`.
 *
 * Their names stay as they are: a hash outlives the version that wrote it.
 */

/** The fields that `parseStoredJob` reads, in its order; the first is never absent. */
export const STORED_FIELDS = [
  'data',
  'timestamp',
  'processedOn',
  'finishedOn',
  'progress',
  'returnvalue',
  'failedReason',
  'runs',
  'final',
  'cancel',
  'retries',
  'waitingFor',
  'waits',
  'retriedAt',
  'lastError',
  'waitingOn',
  'indexes',
  'linkedUntil',
  // LATER_FIELD, as the kind's own fields are named.
  'own:later',
  // KEPT_FIELD.
  'own:keptBytes',
] as const;

/** The fields that claiming a run reads, in its order. */
export const CLAIM_FIELDS = [
  'run',
  'begun',
  'runs',
  'crashes',
  'cancel',
  'retries',
  'final',
  'retriedAt',
  'stalls',
] as const;

/** The fields of earlier runs and their end, which a retry clears. */
export const RETRY_CLEARS = [
  'finishedOn',
  'processedOn',
  'failedReason',
  'returnvalue',
  'stacktrace',
  'progress',
  'run',
  'begun',
  'runs',
  'final',
  'crashes',
  'lost',
  'stalls',
  'cancel',
  'stalledCounter',
  'lastError',
  'waitingOn',
  'fetching',
  'gaveWay',
  'entered',
  'waited',
  'by',
] as const;

/** Field names as arguments of a command in Lua. */
export const toLuaArguments = (fields: readonly string[]): string => fields.map((field) => `'${field}'`).join(', ');

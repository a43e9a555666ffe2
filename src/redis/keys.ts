import { createHash } from 'node:crypto';

/**
 * The names of all keys in Redis, once. (A kind's own keys are made by `ownKey` in `script.ts`.) They stay as they are,
 * also where the code has another word by now: what an earlier version wrote is still there after an update.
 */

/**
 * Bull's key prefix of a kind's queue. The hash tag keeps all keys of a queue in one slot of a Redis Cluster;
 * without it Bull's scripts fail there with CROSSSLOT.
 */
export const queuePrefix = (kind: string): string => `heavylift:{${kind}}`;

/** A key of the kind's queue, as Bull names it (`queueKey('images', 'wait')`). */
export const queueKey = (kind: string, name: string): string => `${queuePrefix(kind)}:${kind}:${name}`;

/** Keys of the kind's queue, in the order of their names. */
export const queueKeys = (kind: string, ...names: readonly string[]): string[] =>
  names.map((name) => queueKey(kind, name));

/** The hash of a job. */
export const jobKey = (kind: string, id: string): string => queueKey(kind, id);

/** The list of a job's log. */
export const jobLogKey = (kind: string, id: string): string => queueKey(kind, `${id}:logs`);

/** The lock of a running job: its worker's token. */
export const jobLockKey = (kind: string, id: string): string => queueKey(kind, `${id}:lock`);

/** The set of jobs that wait for a job to end. */
export const dependentsKey = (kind: string, id: string): string => queueKey(kind, `${id}:waiters`);

/** The set of jobs that are to be erased as soon as they have stopped. */
export const erasuresKey = (kind: string): string => queueKey(kind, 'erase');

/** The ids of jobs that were erased by age, scored by when (ms). */
export const tombstonesKey = (kind: string): string => queueKey(kind, 'expired');

/** The facts of a living worker. */
export const workerKey = (kind: string, workerId: string): string => queueKey(kind, `worker:${workerId}`);

/** The ids of a kind's workers, scored by their last heartbeat (ms). */
export const workersKey = (kind: string): string => queueKey(kind, 'workers');

/** The set of jobs that hold a heavy slot. */
export const heavyRunningKey = (kind: string): string => queueKey(kind, 'lane:running');

/** The jobs that wait for a heavy slot, scored by when they first asked (ms). */
export const heavyWaitingKey = (kind: string): string => queueKey(kind, 'lane:waiting');

/** The names of all callers that ever posted. */
export const CALLERS_KEY = 'heavylift:{index}:callers';

/** The jobs of a caller, scored by when they were accepted (ms). */
export const callerIndexKey = (caller: string): string => `heavylift:{index}:caller:${caller}`;

/**
 * The jobs of one subject of a caller's. Subjects are callers' texts: hashed, so that any text makes a key of one
 * shape.
 */
export const subjectIndexKey = (caller: string, subject: string): string =>
  `heavylift:{index}:subject:${createHash('sha256').update(`${caller}\0${subject}`).digest('base64url')}`;

/** The token of the process that does the janitor's work now. */
export const JANITOR_LOCK_KEY = 'heavylift:{janitor}:lock';

/** The hash of all API keys. */
export const API_KEYS_KEY = 'heavylift:{keys}:all';

/** The beginning of the keys of one rate's counters; the callers' names follow. */
export const ratePrefix = (requests: number, seconds: number): string => `heavylift:{rates}:${requests}/${seconds}`;

/** The list of the last deaths of processes, newest first. */
export const deathsKey = (): string => 'heavylift:{deaths}:last';

/** The hash that counts the restarts of each program after a death. */
export const restartsKey = (): string => 'heavylift:{deaths}:restarts';

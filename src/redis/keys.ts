import { createHash } from 'node:crypto';

/**
 * The names of all keys in Redis, once: `<prefix>:{<room>}:...`, where the room is a kind or one of the deployment's
 * own. (A kind's own keys are made by `ownKey` in `script.ts`.) A change of them is a new data version: see
 * `queue/upkeep/take-over.ts`.
 */

/** The setting KEY_PREFIX, as this process was started with. */
let prefix = 'heavylift';

/** Sets what all keys begin with, before the first of them is used: deployments that share a Redis differ in it. */
export function setKeyPrefix(text: string): void {
  prefix = text;
}

/** A key of a room: its hash tag keeps all keys of a room in one slot of a Redis Cluster. */
export const roomKey = (room: string, name: string): string => `${prefix}:{${room}}:${name}`;

/** Bull's key prefix of a kind's queue; without the hash tag Bull's scripts fail in a cluster with CROSSSLOT. */
export const queuePrefix = (kind: string): string => `${prefix}:{${kind}}`;

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

/** The jobs that hold a record since they name its file, scored by since when (ms). */
export const holdersKey = (kind: string, id: string): string => queueKey(kind, `${id}:holders`);

/** The rows of a flow that failed, scored by their numbers. */
export const failedRowsKey = (kind: string, id: string): string => queueKey(kind, `${id}:failed-rows`);

/** The set of jobs that are to be erased as soon as they have stopped. */
export const erasuresKey = (kind: string): string => queueKey(kind, 'erase');

/** The set of ended jobs that were cancelled: Bull keeps them among the failed ones. */
export const cancelledKey = (kind: string): string => queueKey(kind, 'cancelled');

/**
 * The jobs of which nobody knows whether they did what they were to, scored by since when (ms): their kind enters them before
 * they end, and they leave it when they run again or are erased.
 */
export const inDoubtKey = (kind: string): string => queueKey(kind, 'in-doubt');

/** When the kind's queue was paused (ms); it counts only while Bull's `meta-paused` is there. */
export const pausedSinceKey = (kind: string): string => queueKey(kind, 'paused-since');

/** The name of the key that paused it; it counts for as long. */
export const pausedByKey = (kind: string): string => queueKey(kind, 'paused-by');

/**
 * The ids of jobs that were erased by age or to make room, scored by when (ms). The hash `<key>:known` has what the
 * tombstones of the latter know.
 */
export const tombstonesKey = (kind: string): string => queueKey(kind, 'expired');

/** The facts of a living worker. */
export const workerKey = (kind: string, workerId: string): string => queueKey(kind, `worker:${workerId}`);

/** The ids of a kind's workers, scored by their last heartbeat (ms). */
export const workersKey = (kind: string): string => queueKey(kind, 'workers');

/** The set of jobs that hold a heavy slot. */
export const heavyRunningKey = (kind: string): string => queueKey(kind, 'heavy:running');

/** The jobs that wait for a heavy slot, scored by their turns. */
export const heavyWaitingKey = (kind: string): string => queueKey(kind, 'heavy:waiting');

/** The names of all callers that have jobs of the kind. */
export const callersKey = (kind: string): string => queueKey(kind, 'callers');

/** Matches the sets of callers of all kinds. */
export const callersPattern = (): string => `${prefix}:{*}:*:callers`;

/** What each caller's jobs of the kind take: a hash by the caller's name (`src/queue/scripts/usage.ts`). */
export const usageKey = (kind: string): string => queueKey(kind, 'usage');

/** What begins the names of the kind's history: `:totals`, `:minute:<n>`, `:hour:<n>` and `:samples` follow (`src/queue/history`). */
export const historyKey = (kind: string): string => queueKey(kind, 'history');

/** How many jobs share an input file, which came with one batch, by its folder. */
export const sharedInputKey = (kind: string, folder: string): string => queueKey(kind, `shared:${folder}`);

/** Set while jobs are about to share an input file. */
export const heldInputKey = (kind: string, folder: string): string => `${sharedInputKey(kind, folder)}:held`;

/** A sorted set that lists jobs of the kind by when they were accepted (ms). */
export const indexKey = (kind: string, index: string): string => queueKey(kind, `index:${index}`);

/** The name of the index of all jobs of a kind. */
export const ALL_INDEX = 'all';

/** The name of the index of uploads that are not whole yet, scored by when they expire (ms). */
export const UNFINISHED_INDEX = 'unfinished';

/** The name of the index of those of a caller. */
export const unfinishedIndex = (caller: string): string => `${UNFINISHED_INDEX}:${caller}`;

/** The name of the index of a caller's jobs. */
export const callerIndex = (caller: string): string => `caller:${caller}`;

/** The name of the index of one subject of a caller's: a text of any shape, hashed to make a name. */
export const subjectIndex = (caller: string, subject: string): string => `subject:${hashOf(caller, subject)}`;

/** The name of the index of one tag of a caller's, hashed like a subject. */
export const tagIndex = (caller: string, tag: string): string => `tag:${hashOf(caller, tag)}`;

/** The name of the index of one batch of a caller's, hashed like a subject. */
export const batchIndex = (caller: string, batch: string): string => `batch:${hashOf(caller, batch)}`;

/** The name of the index of what a schedule of a caller's has made, hashed like a subject. */
export const scheduleIndex = (caller: string, name: string): string => `schedule:${hashOf(caller, name)}`;

/** The name of the index of what was sent to an endpoint of a caller's, by when that was made (ms). */
export const endpointIndex = (caller: string, name: string, madeAt: number): string =>
  `endpoint:${hashOf(caller, `${name}\0${madeAt}`)}`;

/** The name of the index of the tests among them. */
export const endpointTestIndex = (caller: string, name: string, madeAt: number): string =>
  `${endpointIndex(caller, name, madeAt)}:tests`;

const hashOf = (caller: string, text: string): string =>
  createHash('sha256').update(`${caller}\0${text}`).digest('base64url');

/** The token of the process that does the janitor's work now. */
export const janitorLockKey = (): string => roomKey('janitor', 'lock');

/** What became of an action of the pages, by a name that is a caller's text: hashed. */
export const actionKey = (name: string): string =>
  roomKey('actions', createHash('sha256').update(name).digest('base64url'));

/** A bulk action on jobs: its hash. */
export const bulkActionKey = (id: string): string => roomKey('bulk', `action:${id}`);

/** The ids of the last bulk actions of a caller, scored by when (ms). */
export const bulkActionsKey = (caller: string): string => roomKey('bulk', `caller:${caller}`);

/** The set of bulk actions that are under way. */
export const bulkRunningKey = (): string => roomKey('bulk', 'running');

/** Says that a bulk action of that caller is being accepted. */
export const bulkBeginningKey = (caller: string): string => roomKey('bulk', `beginning:${caller}`);

/** The token of the process that does bulk actions now. */
export const bulkLockKey = (): string => roomKey('bulk', 'lock');

/** The hash of all API keys. */
export const apiKeysKey = (): string => roomKey('keys', 'all');

/** The live sessions of the key of that name, scored by when they end (ms). */
export const sessionsKey = (name: string): string => roomKey('keys', `sessions:${name}`);

/** Set once a sign-in link was used. */
export const usedLinkKey = (id: string): string => roomKey('keys', `used:${id}`);

/** An upload token, by its id. All keys of tokens are of one room: a script uses several. */
export const tokenKey = (id: string): string => roomKey('tokens', `token:${id}`);

/** What is used up of an upload token: a hash by the uploads and jobs. */
export const tokenUseKey = (id: string): string => roomKey('tokens', `use:${id}`);

/** The ids of the upload tokens of the key of that name, scored by when they expire (ms). */
export const tokensOfKey = (name: string): string => roomKey('tokens', `of:${name}`);

/** The beginning of the keys of one rate's counters; the callers' names follow. */
export const ratePrefix = (requests: number, seconds: number): string => roomKey('rates', `${requests}/${seconds}`);

/** The facts of a caller's records in a room (`owned/owned-records.ts`): a hash by name. */
export const ownedFactsKey = (room: string, caller: string): string => roomKey(room, `facts:${caller}`);

/** The bodies of those records: a hash by name and version. */
export const ownedBodiesKey = (room: string, caller: string): string => roomKey(room, `bodies:${caller}`);

/** The last versions of a caller's records that were removed: a hash by name. */
export const ownedPastKey = (room: string, caller: string): string => roomKey(room, `past:${caller}`);

/** The set of the callers whose records in a room may serve all. */
export const ownersForAllKey = (room: string): string => roomKey(room, 'for-all');

/** The version of the data's layout. */
export const dataVersionKey = (): string => roomKey('deployment', 'version');

/** The keys that the first data version had in other places. */
export const FIRST_VERSION = {
  /** The names of all callers that ever posted. */
  callersKey: (): string => roomKey('index', 'callers'),
  /** The jobs of a caller, over all kinds. */
  callerIndexKey: (caller: string): string => roomKey('index', `caller:${caller}`),
  /** Matches the indexes of subjects. */
  subjectIndexPattern: (): string => roomKey('index', 'subject:*'),
  heavyRunningKey: (kind: string): string => queueKey(kind, 'lane:running'),
  heavyWaitingKey: (kind: string): string => queueKey(kind, 'lane:waiting'),
} as const;

/** The deployment's id. */
export const deploymentIdKey = (): string => roomKey('deployment', 'id');

/** The hashes of the secrets that the deployment's processes have. */
export const deploymentSecretsKey = (): string => roomKey('deployment', 'secrets');

/** Set once storage has the deployment's id too. */
export const deploymentStoredKey = (): string => roomKey('deployment', 'stored');

/** Where the deployment's id was missing and was written again: a hash by side. */
export const deploymentRestoredKey = (): string => roomKey('deployment', 'restored');

/** The digest of the key that was made at the first start. */
export const deploymentFirstKeyKey = (): string => roomKey('deployment', 'first-key');

/** What was lost and made anew, the secret or the first key: a hash by what. */
export const deploymentRemadeKey = (): string => roomKey('deployment', 'remade');

/** The hosts whose processes were refused in the last minute: a hash by host. */
export const deploymentRefusedKey = (): string => roomKey('deployment', 'refused');

/** What a backup writes, to find its moment in the append-only file. */
export const backupMarkerKey = (): string => roomKey('deployment', 'backup');

/** What each web process writes every second, to know that Redis takes writes. */
export const writeProbeKey = (): string => roomKey('deployment', 'probe');

/** What the watch of each host reports of its processes: a hash by the run of its supervisord. */
export const hostReportsKey = (): string => roomKey('hosts', 'reports');

/** The kinds whose workers could not load what they need: a hash by kind and host. */
export const unloadedKey = (): string => roomKey('hosts', 'unloaded');

/** The jobs of a later version that workers put back last: a hash by kind and host. */
export const laterJobsKey = (): string => roomKey('hosts', 'later-jobs');

/** Since when what is wrong is so: a hash by its name. */
export const verdictSinceKey = (): string => roomKey('verdict', 'since');

/** Which web process tells of what is wrong. */
export const alertLeaseKey = (): string => roomKey('alerts', 'lease');

/** What each web process sees that is wrong: a hash by the process. */
export const alertSeenKey = (): string => roomKey('alerts', 'seen');

/** What people were told of and is not resolved. */
export const alertStateKey = (): string => roomKey('alerts', 'state');

/** The ways on which the last alert was not told. */
export const alertFailedKey = (): string => roomKey('alerts', 'failed');

/** A stream of the audit log, by who may fill it. */
export const auditKey = (stream: string): string => roomKey('audit', stream);

/** What the web processes have found of their machines: a hash by host. */
export const verdictHostsKey = (): string => roomKey('verdict', 'hosts');

/** The last verdict: its level, since when, and its text. */
export const verdictLastKey = (): string => roomKey('verdict', 'last');

/** The list of the last deaths of processes, newest first. */
export const deathsKey = (): string => roomKey('deaths', 'last');

/** The hash that counts the restarts of each program after a death. */
export const restartsKey = (): string => roomKey('deaths', 'restarts');

import type { Membership } from '../../deployment/membership.ts';
import type { Refusal, Remade, Restored } from '../../deployment/notes.ts';
import { toAppError } from '../../errors.ts';
import { formatLabel } from '../../kinds/formats.ts';
import type { WorkerFacts } from '../../queue/counts.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import type { Storage } from '../../storage/storage.ts';

/** Notices of what jobs wait for, at most. */
const MOST_WAITING = 10;

/** What an operator should know before anything else. */
export interface Notice {
  title: string;
  text: string;
}

export interface NoticeDeps {
  producer: Pick<Producer, 'check' | 'syncPolicy' | 'workers'>;
  storage: Pick<Storage, 'check'>;
  deployment?: Membership;
}

/** Reads what an operator should know: why no job is accepted, lost ids, processes of other deployments. */
export async function readNotices({ producer, storage, deployment }: NoticeDeps): Promise<Notice[]> {
  const [redisFault, storageFault, policy, notes, workers] = await Promise.all([
    findFault(producer.check()),
    findFault(storage.check()),
    producer.syncPolicy().catch(() => 'unknown' as const),
    deployment?.readNotes(),
    producer.workers().catch(() => []),
  ]);
  return [
    ...[redisFault, storageFault].flatMap((text) => (text ? [{ title: 'No job is accepted', text }] : [])),
    ...(policy === 'always' || policy === 'unknown' ? [] : [describeLateSync(policy)]),
    ...describeDependencies(workers),
    ...(notes?.refused ?? []).map((refusal) => describeRefusal(refusal, deployment?.id() ?? 'unknown')),
    ...(notes?.restored ?? []).map(describeRestored),
    ...(notes?.remade ?? []).map(describeRemade),
  ];
}

const findFault = (check: Promise<void>): Promise<string | null> =>
  check.then(
    () => null,
    (error: unknown) => toAppError(error).message,
  );

const describeLateSync = (policy: string): Notice => ({
  title: 'Redis syncs late',
  text: `Its appendfsync is ${policy}: a job that was accepted may be lost with the machine's power. Set: appendfsync always`,
});

/** What outside services hold up, as the workers saw it last: each sentence once. */
function describeDependencies(workers: readonly WorkerFacts[]): Notice[] {
  const seen = workers.flatMap(({ kind, dependency }) => (dependency ? [{ ...dependency, kind }] : []));
  const texts = seen.flatMap(({ parts, kind, ...whole }) => {
    const wait = `${formatLabel(kind)} wait`;
    if (!parts)
      return [...(whole.ok ? [] : [whole.detail]), ...(whole.holds ?? []).map(({ why }) => why)].map((text) => ({
        title: wait,
        text,
      }));
    // Others may do its work meanwhile, so nothing needs to wait.
    return parts.flatMap(({ name, ok, detail, holds = [] }) =>
      [...(ok ? [] : [detail]), ...holds.map(({ why }) => why)].map((text) => ({
        title: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
        text,
      })),
    );
  });
  return [...new Map(texts.map((notice) => [`${notice.title}: ${notice.text}`, notice])).values()].slice(
    0,
    MOST_WAITING,
  );
}

const describeRefusal = ({ host, reason, storageId, at }: Refusal, id: string): Notice => ({
  title: `A process on ${host} does not start`,
  text:
    reason === 'id'
      ? `Its storage belongs to the deployment ${storageId}, this is ${id} (last try: ${at}). Mend its DATA_DIR or REDIS_URL.`
      : `Its secret is none of this deployment's (storage there: ${storageId ?? 'no id'}, this is ${id}; last try: ${at}). ` +
        'Give it the DEPLOYMENT_SECRET or the DATA_DIR of the others.',
});

const describeRemade = ({ what, at }: Remade): Notice =>
  what === 'key'
    ? {
        title: 'The first key was made anew',
        text: `The file api-key was gone, and was made again at ${at}: whoever has the key before it gets 401.`,
      }
    : {
        title: 'The secret was replaced',
        text: `The deployment's secret was lost, and another one took its place at ${at}: whoever was signed in has to sign in again, links in mails that were sent lead nowhere, and an Idempotency-Key of before makes a new job.`,
      };

const describeRestored = ({ side, at, files = 0 }: Restored): Notice =>
  side === 'redis'
    ? {
        title: 'Redis had lost its data',
        text: `The id of this deployment was gone from Redis at ${at}, while storage holds ${files} uploads and results; it was written again. Jobs of before are gone if Redis was emptied. Files without a job stay for RESULT_TTL: until then the right data of Redis can be put back.`,
      }
    : {
        title: 'Storage had lost its data',
        text: `The id of this deployment was gone from storage at ${at}, while Redis holds jobs; it was written again. Is the right folder mounted everywhere? Jobs whose upload is missing wait.`,
      };

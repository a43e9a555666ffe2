import { randomUUID } from 'node:crypto';
import { AppError } from '../../../errors.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { randomNonce } from '../../../jobs/id.ts';
import { FLOWS_KIND } from '../../../jobs/options/flow.ts';
import type { RequestOrigin } from '../../../jobs/options/options.ts';
import { findCaller, type Keyring } from '../../../keys/keyring.ts';
import type { Enqueued } from '../../../queue/producer/enqueue.ts';
import type { Schedule, ScheduledWork } from '../../../schedules/schedule.ts';
import type { Schedules } from '../../../schedules/store.ts';
import { fillVariables, valuesAt } from '../../../schedules/variables.ts';
import { type Asker, askAs, assertScope } from '../../auth/identify.ts';
import { originAs } from '../../request-origin.ts';
import { assertAllowed } from '../accept/assert-allowed.ts';
import { deriveId } from '../accept/choose-id.ts';
import { enqueueJob } from '../accept/enqueue-job.ts';
import { placeIn, readAsked } from '../accept/flows/conduct.ts';
import type { QueueDeps } from '../accept/queue-deps.ts';
import { NO_PLACES } from '../accept/tokens/token-places.ts';

/** What asking for the work of a schedule takes. */
export interface AskDeps extends Omit<QueueDeps, 'tokenPlaces'> {
  keyring: Keyring;
  schedules: Pick<Schedules, 'openWork'>;
}

/** Tells runs of one time from nothing else: whatever the schedule is by then, a time makes one job. */
const FINGERPRINT = 'schedule';

/** Where what a schedule runs stands in its body. */
export const placeOf = (kind: string): string => (kind === FLOWS_KIND ? '/flow' : '/job/input');

/** The contract of a kind; throws an error where there is none of that name any more. */
function contractOf(kind: string, { contracts }: Pick<QueueDeps, 'contracts'>): JobContract {
  const contract = contracts.find((one) => one.kind === kind);
  if (!contract) throw new AppError('invalid_request', `There is no kind ${kind}.`);
  return contract;
}

/**
 * Judges what a schedule is to run as its POST at a time (ms) would be. Throws what is wrong with it, at its fields in the body of the
 * schedule.
 */
export async function judgeWork(
  asker: Asker,
  { kind, body }: ScheduledWork,
  { timeZone, timeMs }: { timeZone: string; timeMs: number },
  given: Omit<QueueDeps, 'tokenPlaces'>,
): Promise<void> {
  const deps = { ...given, tokenPlaces: NO_PLACES };
  assertScope(asker, kind);
  try {
    const filled = fillVariables(body, valuesAt(timeZone, timeMs));
    const { contract, ...asked } = await readAsked(asker, contractOf(kind, deps), filled, deps);
    await assertAllowed(asker, contract, deps, { ...asked, uploads: {} });
  } catch (thrown) {
    if (thrown instanceof AppError) throw placeIn(thrown, placeOf(kind));
    throw thrown;
  }
}

/**
 * Asks for the work of a schedule at a time (ms), on behalf of its caller: the job, or the flow, that the time makes, whoever asks and
 * however often. Rejects as its POST would, with unauthorized where the key was revoked, and with forbidden where it may not post it.
 */
export async function askForRun(
  schedule: Schedule,
  timeMs: number,
  given: AskDeps,
  origin: RequestOrigin = { requestId: randomUUID() },
): Promise<Enqueued> {
  const deps = { ...given, tokenPlaces: NO_PLACES };
  const { caller: name, timeZone, kind } = schedule;
  const findAgain = () => findCaller(deps.keyring, () => deps.keyring.find(name));
  const caller = await findAgain();
  if (!caller) throw new AppError('unauthorized', `The key "${name}" was revoked.`);
  const asker = originAs(askAs(caller, findAgain), origin);
  const scheduledAt = new Date(timeMs).toISOString();
  const asked = contractOf(kind, deps);
  assertScope(asker, kind);
  const { id, secret } = await deriveId(deps, asked.idPrefix, [name, 'schedule', schedule.name, scheduledAt]);
  const there = await deps.producer.find(id);
  if (there) return { job: there, replayed: true };
  const work = deps.schedules.openWork(schedule);
  if (!work) throw new AppError('invalid_request', 'What it runs can not be read any more: put the schedule again.');
  const { contract, ...job } = await readAsked(
    asker,
    asked,
    fillVariables(work.body, valuesAt(timeZone, timeMs)),
    deps,
  );
  const chosen = { id, nonce: randomNonce(), repeatable: true, secret, requestId: origin.requestId };
  return enqueueJob(asker, contract, deps, {
    chosen,
    job: { ...job, uploads: {}, fingerprint: FINGERPRINT },
    schedule: { name: schedule.name, scheduledAt },
  });
}

/** Asks for a time that has come: a job that it made and that is not kept any more is not made again. */
export async function askWhenDue(schedule: Schedule, timeMs: number, deps: AskDeps): Promise<{ job: string }> {
  const { idPrefix } = contractOf(schedule.kind, deps);
  const facts = [schedule.caller, 'schedule', schedule.name, new Date(timeMs).toISOString()];
  const { id } = await deriveId(deps, idPrefix, facts);
  if (await deps.producer.hasTombstone(id)) return { job: id };
  const { job } = await askForRun(schedule, timeMs, deps);
  return { job: job.id };
}

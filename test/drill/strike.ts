import { setTimeout as delay } from 'node:timers/promises';
import type { Deployment } from './deployment.ts';
import { post } from './faults/acts.ts';
import type { Fault } from './faults/fault.ts';
import { KINDS, type LoadKind } from './kinds.ts';
import type { Random } from './random.ts';
import { awaitVerdict, findSaid } from './verdict.ts';

/** What is not said by then is not said. */
const SAID_WITHIN_MS = 30_000;
/** What is said no longer by then is gone. */
const GONE_WITHIN_MS = 150_000;
const RECOVERED_WITHIN_MS = 120_000;
const PROBE_EVERY_MS = 50;
/** One that has taken longer may wait for another attempt: then another one is posted. */
const PROBE_WAITS_SECONDS = 3;

/** What was seen of a fault. */
export interface Strike {
  fault: Fault;
  /** From when it was there until the verdict said so; null where it never did. */
  saidMs: number | null;
  /** The verdict's sentence. */
  text: string | null;
  /** From when it was mended until a job of a kind that it stopped was done. */
  recoveredMs: number;
  /** From when it was mended until the verdict said its code no longer; null where it still does. */
  goneMs: Promise<number | null>;
}

/** Breaks a thing, waits until the verdict says so, mends it, and waits until jobs are done again. Rejects where none is. */
export async function strike(deployment: Deployment, fault: Fault, random: Random): Promise<Strike> {
  const mend = await fault.make(deployment, random);
  const [seen] = await Promise.all([
    fault.says ? awaitVerdict(deployment, fault.says, { withinMs: SAID_WITHIN_MS }) : null,
    delay(fault.holdMs ?? 0),
  ]);
  await mend();
  const mendedAt = performance.now();
  const goneMs = fault.says && !fault.says.stays ? awaitGone(deployment, fault.says) : Promise.resolve(null);
  await awaitJob(deployment, fault.kinds ?? KINDS);
  return {
    ...{ fault, goneMs, saidMs: seen?.ms ?? null, recoveredMs: performance.now() - mendedAt },
    text: (seen && fault.says && findSaid(seen.verdict, fault.says)?.text) ?? null,
  };
}

const awaitGone = async (deployment: Deployment, said: NonNullable<Fault['says']>): Promise<number | null> =>
  (await awaitVerdict(deployment, said, { withinMs: GONE_WITHIN_MS, isGone: true }))?.ms ?? null;

/** Resolves when a job of one of the kinds is done that was posted after the mend; rejects with what became of the last. */
async function awaitJob(deployment: Deployment, kinds: readonly LoadKind[]): Promise<void> {
  const end = performance.now() + RECOVERED_WITHIN_MS;
  let isDone = false;
  let last = 'none was accepted';
  const probe = async (kind: LoadKind) => {
    // One at a time, so that none waits for another one of ours.
    const { id, state } = await post(deployment, kind, { headers: { Prefer: `wait=${PROBE_WAITS_SECONDS}` } });
    last = `${kind}: ${state}`;
    isDone ||= state === 'completed';
    if (state !== 'completed') await deployment.asStranger(`/v1/jobs/${id}/cancel`, { method: 'POST' });
  };
  const seek = async (kind: LoadKind) => {
    while (!isDone && performance.now() < end) {
      await probe(kind).catch((error: Error) => {
        last = `${kind}: ${error.message}`;
        return delay(PROBE_EVERY_MS);
      });
    }
    if (!isDone) throw new Error(`no job is done ${RECOVERED_WITHIN_MS / 1000} s after the mend (last: ${last})`);
  };
  await Promise.race(kinds.map(seek));
}

/** Whether each fault that can be seen was named, and no longer when it was mended. */
export const isNamed = ({ fault, saidMs }: Strike): boolean => !fault.says || saidMs !== null;

/** Writes a line for each strike, and how quick they were together. */
export async function describeStrikes(strikes: readonly Strike[]): Promise<string> {
  const lines = await Promise.all(strikes.map(describeStrike));
  const said = strikes.flatMap(({ saidMs }) => saidMs ?? []);
  return [
    ...lines,
    describeTimes('named by the verdict', said),
    describeTimes(
      'recovered',
      strikes.map(({ recoveredMs }) => recoveredMs),
    ),
  ].join('\n');
}

async function describeStrike({ fault, saidMs, text, recoveredMs, goneMs }: Strike): Promise<string> {
  const gone = await goneMs;
  const said = fault.says ? (saidMs === null ? 'NOT NAMED' : `named after ${seconds(saidMs)}`) : 'not to be named';
  const after =
    !fault.says || fault.says.stays ? '' : gone === null ? ', STAYS' : `, gone ${seconds(gone)} after the mend`;
  return `${fault.name.padEnd(22)} recovered after ${seconds(recoveredMs).padStart(6)}; ${said}${after}${text === null ? '' : `: ${text}`}`;
}

function describeTimes(what: string, times: readonly number[]): string {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number) => seconds(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return `${what}: p50 ${at(0.5)}, p95 ${at(0.95)}, longest ${at(1)} of ${times.length}`;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

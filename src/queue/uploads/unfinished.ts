import { readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import { UPLOADS } from '../../jobs/files/upload-record.ts';
import type { Envelope } from '../../jobs/options/options.ts';
import { newStoredJob, type StoredJob } from '../../jobs/stored-job.ts';
import { isGone, markProcess, parseMark } from '../../processes/mark.js';
import { OutcomeUnknown, queueUnavailable } from '../../redis/errors.ts';
import type { Guards } from '../../redis/guards.ts';
import { indexKey, jobKey, queueKey, UNFINISHED_INDEX, unfinishedIndex, usageKey } from '../../redis/keys.ts';
import type { Replicas } from '../../redis/replicas.ts';
import { indexesOf } from '../listing/job-index.ts';
import {
  finishUploadScript,
  keepUploadScript,
  sumUnfinishedScript,
  takeUploadScript,
} from '../scripts/uploads/write-upload.ts';
import { usageOf } from '../usage.ts';

/** Who writes says so again before this is over; a process that is away for longer writes no more. */
const LEASE_MS = 5000;
const RENEW_MS = 1000;
/** How often it is looked whether a newer request wants to write. */
const LOOK_MS = 250;
/** Who is to let go has so long for what it has begun: to sync it, or to make the upload whole. */
const WAIT_MS = 12_000;
const ASK_AGAIN_MS = 50;
/** So many unfinished uploads are summed up. */
const MOST_SUMMED = 10_000;

const UNSURE = 'Too few replicas of the queue answered after the upload was whole: ask for it again in a moment.';

const { kind } = UPLOADS;

/** The right to write at an unfinished upload, which one request has at a time, of all processes. */
export interface UploadWriter {
  /** From where on what lies in storage does not count; null where all of it does. */
  unsure: number | null;
  /** Aborts when the request is to write no more: another writes, the upload is gone, or Redis is away. Its reason says which. */
  signal: AbortSignal;
  /** Aborts when a newer request wants to write: what has come by then may be written still, and is soon. */
  wanted: AbortSignal;
  /** Notes how many bytes have come so far. */
  progress(received: number): void;
  /**
   * Has nothing count from there on until `leave` says so. Rejects with upload_taken_over where another writes by now.
   */
  doubt(from: number): Promise<void>;
  /**
   * Writes no more; says how many bytes count. Answers until when the upload is kept (ms). Rejects with upload_taken_over where
   * another writes by now.
   */
  leave(received?: number): Promise<number>;
  /** Makes the upload whole, with that record, durably. Rejects with upload_taken_over, and with not_found where it was erased. */
  finish(envelope: Envelope): Promise<StoredJob>;
}

/** Uploads that are still to come. */
export interface UnfinishedUploads {
  /**
   * Has this request write at an upload, as soon as who writes has let go; null where the upload is whole. What it writes keeps the
   * upload for `expiresMs` more. Rejects with
   * upload_taken_over when a newer request came meanwhile or who writes does not let go, and with not_found.
   */
  take(id: string, expiresMs: number): Promise<UploadWriter | null>;
  /** Reads until when an upload is kept (ms), and from where on what lies in storage does not count. */
  read(id: string): Promise<{ expiresAt: number; unsure: number | null }>;
  /** How many bytes are still to come of all of them. */
  pendingBytes(): Promise<number>;
}

export interface UnfinishedDeps {
  redis: Redis;
  guards: Guards;
  /** What has to have the record of an upload before it is whole (REDIS_WAIT). */
  replicas: Replicas | null;
}

const goneError = (id: string) => new AppError('not_found', `There is no upload ${id} any more.`);
const takenOver = (id: string) =>
  new AppError(
    'upload_taken_over',
    `Another request writes at the upload ${id}: ask for its offset, and go on from there.`,
    {
      retryAfterSeconds: 1,
    },
  );

/** Makes the store of unfinished uploads of a web process. */
export function createUnfinishedUploads(deps: UnfinishedDeps): UnfinishedUploads {
  const { redis, guards } = deps;
  const mark = markOfWriter();
  /** What has those of this process let go at once. */
  const here = new Map<string, () => void>();
  const take = guards.write((_isRepeated, id: string, turn: string | number, dead: string) =>
    takeUploadScript(redis, [jobKey(kind, id), indexKey(kind, UNFINISHED_INDEX)], [id, turn, mark, LEASE_MS, dead]),
  );

  return {
    async take(id, expiresMs) {
      const until = performance.now() + WAIT_MS;
      let [turn, dead]: [string | number, string] = ['', ''];
      for (;;) {
        const [outcome, given = 0, more, unsure = ''] = (await take(id, turn, dead)) as [
          string,
          number,
          string,
          string,
        ];
        if (outcome === 'gone') throw goneError(id);
        if (outcome === 'whole') return null;
        if (outcome === 'yours') return createWriter(deps, here, { id, turn: given, unsure, expiresMs });
        if (outcome === 'newer' || performance.now() > until) throw takenOver(id);
        turn = given;
        here.get(id)?.();
        dead = isDead(more, mark) ? more : '';
        if (dead === '') await delay(ASK_AGAIN_MS);
      }
    },
    read: guards.read(async (id) => {
      const key = indexKey(kind, UNFINISHED_INDEX);
      const [expiresAt, unsure] = await Promise.all([redis.zscore(key, id), redis.hget(jobKey(kind, id), 'unsure')]);
      return { expiresAt: Number(expiresAt), unsure: unsure === null ? null : Number(unsure) };
    }),
    pendingBytes: guards.read(async () => {
      const args = [queueKey(kind, ''), MOST_SUMMED];
      return Number(await sumUnfinishedScript(redis, [indexKey(kind, UNFINISHED_INDEX)], args));
    }),
  };
}

/** What names this process and those that can see whether it lives: of one boot and one space of pids. */
function markOfWriter(): string {
  try {
    const space = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
    return (space && markProcess(`pids-${space}:web`)) || `nobody-${process.pid}`;
  } catch {
    return `nobody-${process.pid}`;
  }
}

/** Whether a writer is a process that has ended for certain. */
function isDead(mark: string, own: string): boolean {
  const parsed = parseMark(mark);
  return parsed !== null && parsed.place === parseMark(own)?.place && isGone(parsed);
}

function createWriter(
  deps: UnfinishedDeps,
  here: Map<string, () => void>,
  { id, turn, unsure, expiresMs }: { id: string; turn: number; unsure: string; expiresMs: number },
): UploadWriter {
  const { redis, guards } = deps;
  const keys = [jobKey(kind, id), indexKey(kind, UNFINISHED_INDEX)];
  const stopped = new AbortController();
  const wanted = new AbortController();
  const stop = (reason: AppError) => stopped.abort(reason);
  const letGo = () => wanted.abort(takenOver(id));
  here.set(id, letGo);
  let received: number | '' = '';
  // Once something did not count, it may lie in storage until the upload is whole: it is always said how much does.
  let isDoubted = unsure !== '';

  const keep = (leaseMs: number, expires: number | '', doubt: number | '' = '') =>
    keepUploadScript(redis, keys, [id, turn, leaseMs, expires, received, doubt]) as Promise<[string, string?]>;
  const keepSafely = guards.write((_isRepeated, ...args: Parameters<typeof keep>) => keep(...args));

  const endWatch = watchLease({
    readTurn: async () => Number(await redis.hget(jobKey(kind, id), 'turn')),
    turn,
    async renew() {
      const [outcome] = await keep(LEASE_MS, received === '' ? '' : expiresMs);
      if (outcome === 'wanted') letGo();
      if (outcome === 'lost') stop(takenOver(id));
    },
    letGo,
    stop,
  });
  const end = () => {
    endWatch();
    if (here.get(id) === letGo) here.delete(id);
  };

  return {
    unsure: unsure === '' ? null : Number(unsure),
    signal: stopped.signal,
    wanted: wanted.signal,
    progress(bytes) {
      received = bytes;
    },
    async doubt(from) {
      isDoubted = true;
      const [outcome] = await keepSafely(LEASE_MS, '', from);
      if (outcome === 'lost') throw takenOver(id);
    },
    async leave(written) {
      end();
      const isWritten = written !== undefined;
      if (isWritten) received = written;
      const [outcome, expiresAt] = await keepSafely(
        0,
        isWritten ? expiresMs : '',
        isWritten && isDoubted ? written : '',
      );
      if (outcome === 'lost') throw takenOver(id);
      return Number(expiresAt);
    },
    finish(envelope) {
      end();
      return finishUpload(deps, { id, turn }, envelope);
    },
  };
}

/** Makes an upload whole (`UploadWriter.finish`). */
async function finishUpload(
  { redis, guards, replicas }: UnfinishedDeps,
  { id, turn }: { id: string; turn: number },
  envelope: Envelope,
): Promise<StoredJob> {
  const data = JSON.stringify(envelope);
  const { redisBytes, storedBytes } = usageOf(envelope, Buffer.byteLength(data));
  const { caller } = envelope;
  const finished = [
    jobKey(kind, id),
    queueKey(kind, 'completed'),
    usageKey(kind),
    ...[UNFINISHED_INDEX, unfinishedIndex(caller)].map((index) => indexKey(kind, index)),
  ];
  const args = [id, turn, data, JSON.stringify(indexesOf(envelope)), caller, redisBytes, storedBytes];
  const finish = guards.write(() => finishUploadScript(redis, finished, args));
  const [outcome, at = 0] = (await finish()) as [string, number?];
  if (outcome === 'gone') throw goneError(id);
  if (outcome === 'lost') throw takenOver(id);
  const held = (await replicas?.assure(kind, { key: jobKey(kind, id) })) ?? 'held';
  if (held !== 'held') throw new OutcomeUnknown(UNSURE, id);
  const times = { createdAt: at, startedAt: at, finishedAt: at };
  return newStoredJob({ id, kind, envelope, state: 'completed', ...times });
}

interface Lease {
  /** Reads the turn of the newest request. */
  readTurn(): Promise<number>;
  turn: number;
  /** Says that the request still writes, and hears whether it may. */
  renew(): Promise<void>;
  letGo(): void;
  stop(reason: AppError): void;
}

/** Renews the right of a request to write, and sees when a newer one wants it. Answers what ends that. */
function watchLease({ readTurn, turn, renew, letGo, stop }: Lease): () => void {
  let renewedAt = performance.now();
  const look = async () => {
    const now = performance.now();
    if (now - renewedAt < RENEW_MS) {
      if ((await readTurn()) > turn) letGo();
      return;
    }
    await renew();
    renewedAt = now;
  };
  const watch = setInterval(() => {
    look().catch((cause) => {
      // Another may have it by now.
      if (performance.now() - renewedAt > LEASE_MS) stop(queueUnavailable(undefined, cause));
    });
  }, LOOK_MS).unref();
  return () => clearInterval(watch);
}

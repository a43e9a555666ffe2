import { now } from '../../clock.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import type { Producer } from '../../queue/producer/producer.ts';

/** The workers' figures are asked for at most this often, and only while somebody asks for jobs. */
const REFRESH_MS = 2000;
/** What could not be asked for anew says nothing any more after this. */
const KEPT_MS = 30_000;

/** How fast a kind is served: mean time of a job in ms (null: none was measured yet) and jobs at a time. */
interface Service {
  meanMs: number;
  places: number;
  /** Nobody knows when a paused queue goes on. */
  paused: boolean;
}

export interface Estimates {
  /** Seconds until the job will probably have ended; null when nothing is known. */
  etaSeconds(job: StoredJob): number | null;
}

/** Estimates from what living workers say of their recent jobs. */
export function createEstimates(producer: Pick<Producer, 'workers' | 'counts'>): Estimates {
  let services = new Map<string, Service>();
  let readAtMs = 0;
  let freshUntil = 0;

  const refresh = async () => {
    freshUntil = Date.now() + REFRESH_MS;
    const [workers, counts] = await Promise.all([producer.workers(), producer.counts()]);
    const next = new Map<string, Service>();
    for (const kind of new Set(workers.map((worker) => worker.kind))) {
      const own = workers.filter((worker) => worker.kind === kind);
      const measured = own.flatMap(({ meanMs }) => (meanMs === null ? [] : [meanMs]));
      const places = own.reduce((sum, { concurrency }) => sum + concurrency, 0);
      if (measured.length === 0) continue;
      const meanMs = measured.reduce((sum, ms) => sum + ms, 0) / measured.length;
      next.set(kind, { places, meanMs, paused: counts[kind]?.paused ?? false });
    }
    services = next;
    readAtMs = performance.now();
  };

  return {
    etaSeconds({ kind, state, position, startedAt, progress, waitingOn }) {
      if (Date.now() > freshUntil) refresh().catch(() => {});
      const service = services.get(kind);
      if (!service || performance.now() - readAtMs > KEPT_MS) return null;
      const { meanMs, places, paused } = service;
      // The job was read just now, what is known of its queue a moment ago.
      if (state === 'waiting' && (paused || waitingOn !== null)) return null;
      if (state === 'waiting' && position !== null) return inSeconds(Math.ceil(position / places) * meanMs);
      if (state !== 'active' || startedAt === null) return null;
      const spentMs = now() - startedAt;
      // What is done so far says more about this job than the mean of the others.
      const percent = progress?.percent ?? 0;
      return inSeconds(percent >= 5 ? (spentMs / percent) * (100 - percent) : meanMs - spentMs);
    },
  };
}

const inSeconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1000));

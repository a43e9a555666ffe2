import { percentile } from '../figures.ts';
import { type Deployment, postMany, watchCpu } from './deployment.ts';
import type { Work } from './work.ts';

/** One round: how fast jobs are accepted and done, and what limited each. */
export interface Throughput {
  acceptedPerSecond: number;
  p99: number;
  acceptLimit: string;
  perSecond: number;
  limit: string;
}

/** Posts jobs as fast as they are accepted, to each of the web processes in turn, while workers do them. */
export async function measureThroughput(
  deployment: Deployment,
  work: Work,
  { webs, workers }: { webs: { url: string; pid: number }[]; workers: number },
): Promise<Throughput> {
  const started = await deployment.startWorkers(work, workers);
  try {
    const before = await deployment.count(work.endsAs, 'completed');
    // The first jobs load what a process needs.
    const warm = 20 * workers;
    const urls = webs.map(({ url }) => url);
    await postMany(deployment, work, warm, urls);
    await deployment.ended(work, before + warm, 20);
    const processes = {
      web: webs.map(({ pid }) => pid),
      worker: started.map(({ pid }) => pid),
      redis: [deployment.redisPid],
      client: [process.pid],
    };
    const [accepting, working] = [watchCpu(processes), watchCpu(processes)];
    const latencies = await postMany(deployment, work, work.count, urls);
    const accepted = accepting();
    await deployment.ended(work, before + warm + work.count, 20);
    const done = working();
    return {
      acceptedPerSecond: work.count / accepted.seconds,
      p99: percentile(latencies, 99),
      acceptLimit: accepted.limit,
      perSecond: work.count / done.seconds,
      limit: done.limit,
    };
  } finally {
    await Promise.all(started.map((worker) => worker.stop()));
  }
}

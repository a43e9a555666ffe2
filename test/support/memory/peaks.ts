import { readFileSync } from 'node:fs';

/** The most memory that a process was seen to have, in MB: all of it, and its share of what it has with others (PSS). */
export interface Peak {
  rss: number;
  pss: number;
}

/** Looks every two seconds how much memory processes have; a name may be that of another process later. */
export function watchPeaks(pids: () => Record<string, number>): { peaks: Record<string, Peak>; stop(): void } {
  const peaks: Record<string, Peak> = {};
  const look = () => {
    for (const [name, pid] of Object.entries(pids())) {
      const seen = readMemory(pid);
      const { rss = 0, pss = 0 } = peaks[name] ?? {};
      if (seen) peaks[name] = { rss: Math.max(rss, seen.rss), pss: Math.max(pss, seen.pss) };
    }
  };
  const timer = setInterval(look, 2000);
  return { peaks, stop: () => clearInterval(timer) };
}

/** The memory of a process; null of one that has ended. */
function readMemory(pid: number): Peak | null {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const read = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(rollup)?.[1] ?? 0) / 1000;
    return { rss: read('Rss'), pss: read('Pss') };
  } catch {
    return null;
  }
}

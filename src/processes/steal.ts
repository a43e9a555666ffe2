import { readFileSync } from 'node:fs';

/** Where `steal` stands among the times of /proc/stat, behind the name. */
const STEAL = 7;

/**
 * Makes a meter of how much of this machine's processor time others took (in percent, since the meter was asked last); null at
 * first, and where the machine does not say.
 */
export function createStealMeter(): () => number | null {
  let before = readTimes();
  return () => {
    const now = readTimes();
    const [then] = [before];
    before = now;
    if (!now || !then || now.all <= then.all) return null;
    return Math.round(((now.steal - then.steal) / (now.all - then.all)) * 100);
  };
}

function readTimes(): { all: number; steal: number } | null {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
    const times = line
      .trim()
      .split(/\s+/)
      .slice(1, 1 + STEAL + 1)
      .map(Number);
    return { all: times.reduce((sum, time) => sum + time, 0), steal: times[STEAL] ?? 0 };
  } catch {
    return null;
  }
}

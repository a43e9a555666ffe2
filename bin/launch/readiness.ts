import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 100;
const SLOW_START_MS = 30_000;

/** Asks one part of the product whether it is up: resolves with `ready`, or with one sentence on what is missing. */
export type Probe = () => Promise<string>;

/** Asks /readyz of the web process. */
export async function askReadiness(url: string): Promise<string> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) });
    if (response.ok) return 'ready';
    return `${url}/readyz answers ${response.status}: ${(await response.text()).slice(0, 500)}`;
  } catch {
    return `${url} does not answer yet`;
  }
}

export interface Wait {
  probes: Probe[];
  print: (line: string) => void;
  /** Ends the waiting early. */
  signal: AbortSignal;
}

/** Waits until every probe answers `ready`, and prints meanwhile what does not come up. */
export async function waitUntilReady({ probes, print, signal }: Wait): Promise<void> {
  let slowAt = Date.now() + SLOW_START_MS;
  while (!signal.aborted) {
    const answers = await Promise.all(probes.map((ask) => ask()));
    const missing = answers.filter((answer) => answer !== 'ready');
    if (missing.length === 0) return;
    if (Date.now() > slowAt) {
      print(`still starting: ${missing.join('; ')}`);
      slowAt = Date.now() + SLOW_START_MS;
    }
    await sleep(LOOK_MS);
  }
}

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 15_000;
/** A process that takes less of a processor than this does little more than show that it lives. */
const IDLE_SHARE = 0.05;
/** So much heap beyond what the last collection left is worth another, which holds the event loop for 0.1 to 0.3 s. */
const WORTH_BYTES = 8_000_000;

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

/**
 * Gives memory back while the process rests, for as long as it lives. V8 looks for garbage only while something is allocated,
 * and its room for young objects, which loading the modules has stretched to 30 to 60 MB, would stay as it is.
 */
export function startRests({ lookMs = LOOK_MS, worthBytes = WORTH_BYTES } = {}): void {
  let leftBytes = 0;
  let before = { at: performance.now(), used: process.cpuUsage() };
  const look = () => {
    const { user, system } = process.cpuUsage(before.used);
    const share = (user + system) / 1000 / (performance.now() - before.at);
    if (share < IDLE_SHARE && process.memoryUsage().heapTotal - leftBytes > worthBytes) {
      collect();
      leftBytes = process.memoryUsage().heapTotal;
    }
    before = { at: performance.now(), used: process.cpuUsage() };
  };
  setInterval(look, lookMs).unref();
}

/** The only collection that makes the room for young objects small again; there is no way to ask for it but by this flag. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as Collect;
  gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Buffers of so many bytes may lie about uncollected. */
const LEFT_LYING_BYTES = 32_000_000;

// There is no way to ask for a collection but by this flag.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Idle for so long, a worker gives back what its last images took. */
const IDLE_MS = 500;

/**
 * Runs pieces of work, and collects their buffers when none runs any more. V8 counts what those take outside its heap, but
 * looks for garbage only while something is allocated: after the last large image 100 MB would stay taken as long as no
 * other comes.
 */
export function createIdleRelease(): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const release = () => {
    if (running === 0 && process.memoryUsage().arrayBuffers > LEFT_LYING_BYTES) collect();
  };
  return async (work) => {
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      setTimeout(release, IDLE_MS).unref();
    }
  };
}

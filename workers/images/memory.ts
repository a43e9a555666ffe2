import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** An idle worker may hold so many bytes of heap and buffers beyond what the last collection left. */
const UNCOLLECTED_BYTES = 8_000_000;
/** Idle for so long, a worker gives back what its last images took. */
const IDLE_MS = 500;

// There is no way to ask for a collection but by this flag.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Reads how many bytes V8 holds, garbage included. */
function readHeldBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Makes a function that runs pieces of work, and collects garbage some time after the last one ended. V8 looks for
 * garbage only while something is allocated: after the last large image 100 MB would stay taken until the next one.
 */
export function createIdleRelease(): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  let left = readHeldBytes();
  let timer: NodeJS.Timeout | undefined;
  const release = () => {
    if (running > 0 || readHeldBytes() - left < UNCOLLECTED_BYTES) return;
    collect();
    left = readHeldBytes();
  };
  return async (work) => {
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      clearTimeout(timer);
      timer = setTimeout(release, IDLE_MS).unref();
    }
  };
}

/**
 * Gives back at once the memory of buffers that the caller reads no more, where it is theirs alone. V8 counts it with
 * its heap, so what was read, decoded and encoded would bring on a whole collection every dozen jobs.
 */
export function freeBuffers(...spent: (Buffer | undefined)[]): void {
  for (const one of new Set(spent)) {
    const buffer = one?.buffer;
    if (buffer instanceof ArrayBuffer && !buffer.detached && buffer.byteLength === one?.byteLength) buffer.transfer(0);
  }
}

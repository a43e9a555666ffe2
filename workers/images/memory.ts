import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So many bytes of heap and buffers an idle worker may hold: twice what it needs. */
const IDLE_BYTES = 64_000_000;

// There is no way to ask for a collection but by this flag.
setFlagsFromString('--expose-gc');
// The heap is small beside the files and pixels that come and go, which V8 counts with it: left alone it would look for
// garbage every other job, for a third of a PNG's time. With this it waits until there is four times what was left.
setFlagsFromString('--heap-growing-percent=300');
const collect = runInNewContext('gc') as () => void;

/** Idle for so long, a worker gives back what its last images took. */
const IDLE_MS = 500;

/**
 * Runs pieces of work, and collects what they left when none runs any more. V8 looks for garbage only while something is
 * allocated: after the last large image 100 MB would stay taken as long as no other comes.
 */
export function createIdleRelease(): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const release = () => {
    if (running > 0) return;
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    if (heapUsed + arrayBuffers > IDLE_BYTES) collect();
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

/**
 * Gives back at once the memory of buffers that nobody reads any more, where it is theirs alone. V8 counts it with its
 * heap, so what was read, decoded and encoded would bring on a whole collection every dozen jobs.
 */
export function freeBuffers(...spent: (Buffer | undefined)[]): void {
  for (const one of new Set(spent)) {
    const buffer = one?.buffer;
    if (buffer instanceof ArrayBuffer && !buffer.detached && buffer.byteLength === one?.byteLength) buffer.transfer(0);
  }
}

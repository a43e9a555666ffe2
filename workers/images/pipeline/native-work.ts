import { classifyImageError } from '../formats/image-error.ts';

/** The native work of one run. */
export interface NativeWork {
  /**
   * Awaits native work, but no longer than the run may last: libvips can't be stopped from outside, so the run ends at
   * once with the signal's reason and the pipeline ends by its own time limit, its outcome ignored. Throws libvips'
   * errors classified.
   */
  until<T>(work: Promise<T>): Promise<T>;
  /** Resolves when all of it has ended, also what the run did not wait for. */
  settled(): Promise<void>;
}

/** Makes the native work of a run that ends with that signal. */
export function createNativeWork(signal: AbortSignal): NativeWork {
  const ongoing = new Set<Promise<unknown>>();
  return {
    async until(work) {
      ongoing.add(work);
      const forget = () => ongoing.delete(work);
      work.then(forget, forget);
      const aborted = Promise.withResolvers<never>();
      const abort = () => aborted.reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      try {
        return await Promise.race([aborted.promise, work]);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw classifyImageError(error);
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    settled: async () => void (await Promise.allSettled(ongoing)),
  };
}

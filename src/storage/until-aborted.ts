/** The chunks until the signal aborts, even while the next one does not come: then throws the signal's reason. */
export async function* untilAborted(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  // It may abort between two chunks, when the promise is not awaited; the check below notices.
  aborted.promise.catch(() => {});
  signal.addEventListener('abort', abort);
  const chunks = content[Symbol.asyncIterator]();
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([chunks.next(), aborted.promise]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // Not waited for: a generator that stands still would never answer.
    chunks.return?.().catch(() => {});
  }
}

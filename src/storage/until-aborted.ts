/** The chunks until the signal aborts, even while the next one does not come: then throws the signal's reason. */
export async function* untilAborted(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const chunks = content[Symbol.asyncIterator]();
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await beforeAbort(chunks.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not waited for: a generator that stands still would never answer.
    chunks.return?.().catch(() => {});
  }
}

/**
 * Awaits a promise unless the signal aborts first; rejects with its reason then. Not by `Promise.race` with one promise for all
 * chunks: that would keep every one of them in memory until the last.
 */
function beforeAbort<T>(awaited: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    awaited.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

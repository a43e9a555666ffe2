/**
 * The chunks as they come, and null each time that nothing has come for so long (ms). Who takes no more of them does not wait for
 * the one that was to come.
 */
export async function* withPauses<T>(content: AsyncIterable<T>, afterMs: number): AsyncGenerator<T | null> {
  const chunks = content[Symbol.asyncIterator]();
  try {
    for (;;) {
      const coming = chunks.next();
      if (await isLate(coming, afterMs)) yield null;
      const next = await coming;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    chunks.return?.().catch(() => {});
  }
}

function isLate(awaited: Promise<unknown>, afterMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, afterMs, true);
    const come = () => {
      clearTimeout(timer);
      resolve(false);
    };
    awaited.then(come, come);
  });
}

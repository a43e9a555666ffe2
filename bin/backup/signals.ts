import { CommandError } from '../cli/context.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `act` with a signal that aborts with that sentence when this process is told to end, so that it can clean up
 * first.
 */
export async function untilSignalled<T>(sentence: string, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort(new CommandError(sentence));
  for (const name of SIGNALS) process.on(name, stop);
  try {
    return await act(controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
  }
}

import { listProcesses, type SupervisedProcess, startProcess, stopProcess, UP_STATES } from './supervisor.ts';

/** Processes that could not be started or stopped: the message names each, the reason and its log. */
export class ProcessError extends Error {
  constructor(failures: readonly { process: SupervisedProcess; reason: Error }[]) {
    const parts = failures.map(({ process, reason }) => `${process.name} (${reason.message}; log: ${process.logFile})`);
    super(`failed: ${parts.join('; ')}`);
    this.name = 'ProcessError';
  }
}

/** Does the same with all these processes at once; rejects with ProcessError after the last, when some failed. */
export async function forEachProcess(
  processes: readonly SupervisedProcess[],
  act: (one: SupervisedProcess) => Promise<void>,
): Promise<void> {
  const failures = await Promise.all(
    processes.map(async (process) => {
      try {
        await act(process);
        return [];
      } catch (error) {
        return [{ process, reason: error as Error }];
      }
    }),
  );
  if (failures.flat().length > 0) throw new ProcessError(failures.flat());
}

/** Starts the processes of these that do not run. */
export async function startProcesses(socketPath: string, processes: readonly SupervisedProcess[]): Promise<void> {
  const down = processes.filter(({ state }) => !UP_STATES.includes(state));
  await forEachProcess(down, (one) => startProcess(socketPath, one));
}

/** Stops these processes, drained. */
export async function stopProcesses(socketPath: string, processes: readonly SupervisedProcess[]): Promise<void> {
  await forEachProcess(processes, (one) => stopProcess(socketPath, one));
}

/** Restarts these processes, all at once. */
export async function restartAtOnce(socketPath: string, processes: readonly SupervisedProcess[]): Promise<void> {
  await stopProcesses(socketPath, processes);
  const names = new Set(processes.map(({ name }) => name));
  // Asked anew: somebody else may have started one meanwhile.
  await startProcesses(
    socketPath,
    (await listProcesses(socketPath)).filter(({ name }) => names.has(name)),
  );
}

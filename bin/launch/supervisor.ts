import { askProcesses, call, type SupervisedProcess, SupervisorFault } from '../watch/rpc.js';

export { type SupervisedProcess, SupervisorFault };

/** The groups of everything that uses Redis: the workers, and the web processes. */
const APP_GROUPS = ['app', 'web'];

/** Whether that is a web process or a worker. */
export const isApp = ({ group }: Pick<SupervisedProcess, 'group'>): boolean => APP_GROUPS.includes(group);

/** The web process that runs only while another one restarts: the last of them. */
export const findSpare = (processes: readonly SupervisedProcess[]): SupervisedProcess | undefined =>
  processes
    .filter(({ program }) => program === 'web')
    .toSorted((one, other) => numberOf(one) - numberOf(other))
    .at(-1);

const numberOf = ({ name }: SupervisedProcess): number => Number(/\d+$/.exec(name)?.[0]);

/** Faults of supervisord's XML-RPC: what is to stop does not run; what was started ended within its first seconds. */
const NOT_RUNNING = 70;
const ENDED_AT_ONCE = [40, 50];
/** A process that is there, or about to be. */
export const UP_STATES: readonly string[] = ['STARTING', 'RUNNING'];
/** A process that can be stopped; in every other state it has ended, or is about to. */
const STOPPABLE_STATES = [...UP_STATES, 'BACKOFF'];

/** Finds the pid of the supervisord behind a socket; null when none answers there. */
export async function findSupervisor(socketPath: string): Promise<number | null> {
  try {
    return Number(/<int>(\d+)</.exec(await call(socketPath, 'supervisor.getPID'))?.[1]);
  } catch {
    return null;
  }
}

/** Lists all processes of the supervisord behind a socket; none while nothing answers there. */
export const listProcesses = (socketPath: string): Promise<SupervisedProcess[]> =>
  askProcesses(socketPath).catch(() => []);

type Named = Pick<SupervisedProcess, 'group' | 'name' | 'state'>;

/** Stops a process and resolves when it has ended; at once when it does not run. */
export async function stopProcess(socketPath: string, { group, name, state }: Named): Promise<void> {
  if (!STOPPABLE_STATES.includes(state)) return;
  try {
    await call(socketPath, 'supervisor.stopProcess', [`${group}:${name}`], null);
  } catch (error) {
    if (!(error instanceof SupervisorFault) || error.code !== NOT_RUNNING) throw error;
  }
}

/**
 * Starts a process and resolves when it stays up, or, with `wait` false, when it has begun; rejects with SupervisorFault when it
 * does not, or runs already.
 */
export async function startProcess(socketPath: string, { group, name }: Named, wait = true): Promise<void> {
  await call(socketPath, 'supervisor.startProcess', [`${group}:${name}`, wait], null).catch((error) => {
    if (!(error instanceof SupervisorFault) || !ENDED_AT_ONCE.includes(error.code)) throw error;
    throw new SupervisorFault(error.code, 'does not stay up');
  });
}

/** Asks supervisord to stop everything in order and to end; resolves when it has begun. */
export async function shutDown(socketPath: string): Promise<void> {
  await call(socketPath, 'supervisor.shutdown');
}

import { forEachProcess, stopProcesses } from './process-actions.ts';
import { untilReady, untilUp } from './ready.ts';
import { findSpare, listProcesses, type SupervisedProcess, startProcess, UP_STATES } from './supervisor.ts';

/** Where supervisord listens, and where processes say that they are ready. */
export interface Where {
  supervisorSocket: string;
  run: string;
}

/**
 * Restarts these processes one after the other, each when the one before is ready: workers first, then the web processes, whose
 * spare serves meanwhile, and the watch at the end. Calls `onStop` before each that is stopped. Rejects with ProcessError at
 * the first that does not come up; what serves then goes on.
 */
export async function restartInTurn(
  where: Where,
  processes: readonly SupervisedProcess[],
  onStop: (one: SupervisedProcess) => void = () => {},
): Promise<void> {
  const restart = async (one: SupervisedProcess) => {
    onStop(one);
    await stopProcesses(where.supervisorSocket, [one]);
    await start(where, one);
  };
  const rank = ({ program }: SupervisedProcess) => ['web', 'watch'].indexOf(program);
  for (const one of processes.filter((each) => rank(each) < 0)) await restart(one);
  const web = processes.filter(({ program }) => program === 'web');
  if (web.length > 0) await restartWeb(where, web, restart);
  for (const one of processes.filter(({ program }) => program === 'watch')) await restart(one);
  const spare = findSpare(processes);
  await forEachProcess(
    processes.filter(({ name }) => name !== spare?.name),
    ({ name }) => untilUp(where, name),
  );
}

async function restartWeb(
  where: Where,
  picked: readonly SupervisedProcess[],
  restart: (one: SupervisedProcess) => Promise<void>,
): Promise<void> {
  const spare = findSpare(await listProcesses(where.supervisorSocket));
  const others = picked.filter(({ name }) => name !== spare?.name);
  if (!spare || others.length === 0) return;
  // Where none of the others serves, the spare may be what does, and goes on.
  if (others.some(({ state }) => UP_STATES.includes(state))) {
    await stopProcesses(where.supervisorSocket, [spare]);
    await startSpare(where, spare);
  }
  for (const one of others) await restart(one);
  await stopNow(where, spare);
}

async function startSpare(where: Where, spare: SupervisedProcess): Promise<void> {
  try {
    await start(where, spare);
  } catch (error) {
    // Nobody needs it now, and supervisord would try it again and again.
    await stopNow(where, spare);
    throw error;
  }
}

async function stopNow({ supervisorSocket }: Where, { name }: SupervisedProcess): Promise<void> {
  const now = (await listProcesses(supervisorSocket)).filter((one) => one.name === name);
  await stopProcesses(supervisorSocket, now);
}

/** Starts a process that has been stopped, and waits until it is ready, which may be before supervisord counts it as up. */
async function start(where: Where, one: SupervisedProcess): Promise<void> {
  const [now] = (await listProcesses(where.supervisorSocket)).filter(({ name }) => name === one.name);
  await forEachProcess([one], async () => {
    // Somebody else may have started it meanwhile.
    if (now && !UP_STATES.includes(now.state)) await startProcess(where.supervisorSocket, now, false);
    await untilReady(where, one.name);
  });
}

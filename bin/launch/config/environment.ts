import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../../src/config/platform.ts';
import type { DataPaths } from '../../../src/data-dir.ts';
import { planPrograms } from '../../../workers/programs.ts';

/** From SIGTERM to SIGKILL a worker has this much longer than DRAIN_SECONDS: to give back what it could not finish. */
const STOP_MARGIN_SECONDS = 10;

/** How many processes of each program supervisord runs, by program name. */
export function countProcesses(config: Config): Record<string, number> {
  return {
    redis: config.REDIS_URL ? 0 : 1,
    watch: 1,
    // And the spare.
    web: config.WEB_WORKERS + 1,
    ...Object.fromEntries(planPrograms(config).map(({ name, processes }) => [name, processes])),
  };
}

/**
 * Names the folder of the sockets among all that one running kernel has, containers included: the places of its processes
 * begin with it. The same after each start.
 */
export function runId({ run }: DataPaths): string {
  const { dev = 0, ino = 0 } = statSync(run, { throwIfNoEntry: false }) ?? {};
  return createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 8);
}

/**
 * Looks anew at each start of a process what is to run: the release that the link leads to, or without one the checkout, which
 * is the folder it starts in. Its arguments: the link, the node that is not one of theirs (or ''), flags of node, a script.
 */
const RUN_NODE = [
  'code=$0 node=$1 flags=',
  'shift',
  '[ -e "$code" ] || code=$PWD',
  'while case $1 in -*) true ;; *) false ;; esac; do flags="$flags $1"; shift; done',
  'script=$1',
  'shift',
  '[ -n "$node" ] || node=$code/node_modules/.bin/node',
  'exec "$node" $flags "$code/$script" "$@"',
].join('; ');

/** The beginning of a command that runs a script by node. */
function runNode({ currentRelease }: DataPaths): string {
  const ofCheckout = join(import.meta.dirname, '../../../node_modules/.bin/node');
  // A container has a node of its own, for every version.
  const isOwn = existsSync(ofCheckout) && realpathSync(ofCheckout) === process.execPath;
  return `/bin/sh -c '${RUN_NODE}' "${currentRelease}" "${isOwn ? '' : process.execPath}"`;
}

/** Every `%(ENV_...)s` of supervisord.conf. Its processes inherit them too, DATA_DIR as an absolute path. */
export function supervisorEnvironment(config: Config, paths: DataPaths): Record<string, string> {
  const processes = countProcesses(config);
  const toFiles = config.LOG_TO === 'files';
  return {
    RUN_NODE: runNode(paths),
    HOST: config.HOST,
    PORT: String(config.PORT),
    WEB_PROCESSES: String(processes['web']),
    DATA_DIR: paths.root,
    RUN_DIR: paths.run,
    RUN_ID: runId(paths),
    WATCH_PLAN: paths.watchPlan,
    SUPERVISOR_SOCKET: paths.supervisorSocket,
    SUPERVISORD_LOG: toFiles ? join(paths.logs, 'supervisord.log') : '/dev/null',
    LOG_DIR: toFiles ? paths.logs : stdoutLinks(paths),
    LOG_MAX_BYTES: toFiles ? String(config.LOG_FILE_BYTES) : '0',
    LOG_OLD_FILES: String(config.LOG_OLD_FILES),
    DRAIN_SECONDS: String(config.DRAIN_SECONDS),
    STOP_SECONDS: String(config.DRAIN_SECONDS + STOP_MARGIN_SECONDS),
    REDIS_PROCESSES: String(processes.redis),
    APP_PROGRAMS: planPrograms(config)
      .map(({ name }) => name)
      .join(','),
  };
}

const stdoutLinks = (paths: DataPaths) => join(paths.run, 'stdout');

/**
 * For LOG_TO=stdout: a folder where each process's log file is a link to standard output. supervisord.conf names one
 * file a process, and there is no way to write "or standard output" in it.
 */
export function linkLogsToStdout(config: Config, paths: DataPaths): void {
  const folder = stdoutLinks(paths);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  for (const [program, count] of Object.entries(countProcesses(config))) {
    for (let number = 0; number < count; number++) symlinkSync('/dev/fd/1', join(folder, `${program}-${number}.log`));
  }
}

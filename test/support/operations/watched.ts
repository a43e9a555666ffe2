import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { watchPlan } from '../../../bin/launch/config/watch-plan.ts';
import { restartAtOnce } from '../../../bin/launch/process-actions.ts';
import { listProcesses, type SupervisedProcess } from '../../../bin/launch/supervisor.ts';
import { dataPaths } from '../../../src/data-dir.ts';
import { parseConfig } from '../../../workers/config.ts';
import type { ProbeQueue } from '../probe/queue.ts';
import { startProcess } from '../processes.ts';
import { until } from '../until.ts';

const repository = join(import.meta.dirname, '../../..');

/** Workers of the probe kind under a real supervisord, with the product's watch beside them. */
export interface Watched {
  /** The processes as supervisord has them now. */
  processes(): Promise<SupervisedProcess[]>;
  /** The pid of a process that runs, once it does. */
  pidOf(name: string): Promise<number>;
  stateOf(name: string): Promise<string | undefined>;
  /** Stops a process as supervisord does, and starts it. */
  restart(name: string): Promise<void>;
  /** What the watch has logged. */
  log(): { msg: string; [fact: string]: unknown }[];
  /** From now on a worker that is started ends at once. */
  breakWorkers(): void;
  mendWorkers(): void;
  close(): Promise<void>;
}

/** The section of a program in supervisord.conf, with some lines of its own in place of the ones there. */
function watchSection(log: string, plan: string): string {
  const [, section = ''] =
    /(\[eventlistener:watch\][^[]*?)\n\n/.exec(readFileSync(join(repository, 'supervisord.conf'), 'utf8')) ?? [];
  return section
    .replaceAll('%(ENV_RUN_NODE)s', process.execPath)
    .replaceAll('%(ENV_WATCH_PLAN)s', plan)
    .replaceAll('%(here)s', repository)
    .replace(/^stderr_logfile=.*$/m, `stderr_logfile=${log}`)
    .replaceAll('%(ENV_LOG_MAX_BYTES)s', '1MB')
    .replaceAll('%(ENV_LOG_OLD_FILES)s', '3');
}

/** Starts supervisord with so many workers, and waits until all are alive. */
export async function openWatched(queue: ProbeQueue, count: number): Promise<Watched> {
  const dir = join(queue.dir, 'w');
  mkdirSync(dir);
  const paths = { ...dataPaths(dir), run: queue.dir, supervisorSocket: join(dir, 's.sock') };
  const config = parseConfig({ REDIS_URL: queue.redis.url });
  const plan = watchPlan(config, paths, [{ name: 'probes', kinds: ['probes'] }]);
  const [planFile, logFile, broken] = [join(dir, 'plan.json'), join(dir, 'watch.log'), join(dir, 'broken')];
  writeFileSync(planFile, JSON.stringify(plan));
  const worker = `test ! -e ${broken} && exec ${process.execPath} test/support/probe/worker.ts --place ${plan.runId}:probes-%(process_num)s`;
  const conf = join(dir, 'supervisord.conf');
  writeFileSync(
    conf,
    `[supervisord]
nodaemon=true
pidfile=${join(dir, 'pid')}
logfile=${join(dir, 'supervisord.log')}
minfds=64
minprocs=8
[unix_http_server]
file=${plan.supervisorSocket}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
${watchSection(logFile, planFile)}
[program:probes]
command=/bin/sh -c '${worker}'
directory=${repository}
numprocs=${count}
process_name=%(program_name)s-%(process_num)s
autorestart=true
startsecs=1
startretries=1000000
stopwaitsecs=20
killasgroup=true
redirect_stderr=true
stdout_logfile=${join(dir, '%(program_name)s-%(process_num)s.log')}
`,
  );
  const supervisord = startProcess('supervisord', ['--nodaemon', '--silent', '--configuration', conf], {
    REDIS_URL: queue.redis.url,
    DATA_DIR: queue.dir,
    DRAIN_SECONDS: '5',
    IMAGES_CONCURRENCY: '2',
  });
  const processes = () => listProcesses(plan.supervisorSocket);
  const log: Watched['log'] = () =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { msg: string });
  const close = async () => void (await supervisord.stop());
  const allAlive = async () =>
    (await queue.producer.workers()).length === count && (await processes()).every(({ state }) => state === 'RUNNING');
  await until(`${count} workers and the watch run`, allAlive, { timeoutMs: 60_000 }).catch(async (error) => {
    await close();
    throw new Error(`${error.message}\n${supervisord.output()}`);
  });
  return {
    processes,
    log,
    pidOf: (name) =>
      until(`${name} has a pid`, async () => (await processes()).find((one) => one.name === name && one.pid > 0)?.pid),
    stateOf: async (name) => (await processes()).find((one) => one.name === name)?.state,
    restart: async (name) =>
      restartAtOnce(
        plan.supervisorSocket,
        (await processes()).filter((one) => one.name === name),
      ),
    breakWorkers: () => writeFileSync(broken, ''),
    mendWorkers: () => rmSync(broken),
    close,
  };
}

import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { clockSkewMs } from '../../src/clock.ts';
import { parseAddress } from '../../src/config/redis-address.ts';
import { formatDuration, formatNumber } from '../../src/kinds/formats.ts';
import { createStealMeter } from '../../src/processes/steal.ts';
import { measureClock } from '../../src/redis/clock.ts';
import { VERDICT_CODES } from '../../src/verdict/codes.ts';
import { askProcesses } from '../watch/rpc.js';
import { type Check, type Examination, NO_REDIS, redisOf } from './examination.ts';

/** How long processors are looked at. */
const STEAL_MS = 2000;
const [STEAL_PERCENT, MUCH_STEAL_PERCENT] = [5, 20];
const [CLOCK_MS, CLOCK_OFF_MS] = [1000, 5000];
/** Files, sockets to Redis and workers' threads, beside callers' connections. */
const OTHER_FILES = 300;

const readProc = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null);

/** Whether Redis runs on this machine, as far as its address says. */
export function isRedisHere({ REDIS_URL }: Examination['config']): boolean {
  const hosts = REDIS_URL ? parseAddress(REDIS_URL).hosts : [];
  return hosts.every(({ host }) => host === 'localhost' || host === '::1' || host.startsWith('127.'));
}

const overcommit: Check = {
  name: 'overcommit',
  async look({ config }) {
    if (!isRedisHere(config)) return { level: 'unknown', text: 'Redis runs on another machine: ask there' };
    const mode = (await readProc('/proc/sys/vm/overcommit_memory'))?.trim();
    if (mode === undefined) return { level: 'unknown', text: 'this system does not say it' };
    if (mode === '1') return { level: 'ok', text: 'vm.overcommit_memory is 1' };
    const fix = "sysctl vm.overcommit_memory=1, and 'vm.overcommit_memory = 1' in /etc/sysctl.d/heavylift.conf.";
    const text = `vm.overcommit_memory is ${mode}: Redis may fail to rewrite its log when memory is short`;
    return { level: 'warning', text, fix };
  },
};

const hugePages: Check = {
  name: 'huge-pages',
  async look(examination) {
    if (!isRedisHere(examination.config)) return { level: 'unknown', text: 'Redis runs on another machine: ask there' };
    const modes = await readProc('/sys/kernel/mm/transparent_hugepage/enabled');
    const mode = /\[(\w+)\]/.exec(modes ?? '')?.[1];
    if (mode === undefined) return { level: 'ok', text: 'there are none' };
    if (mode !== 'always') return { level: 'ok', text: `on for those who ask (${mode})` };
    const answer = await redisOf(examination)
      ?.config('GET', 'disable-thp')
      .catch(() => []);
    if ((answer as string[] | undefined)?.[1] === 'yes')
      return { level: 'ok', text: 'always on, and Redis keeps out of them' };
    const fix =
      "Set disable-thp yes in Redis' configuration, or: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled";
    return { level: 'warning', text: 'always on: a snapshot makes writes slow, and takes twice the memory', fix };
  },
};

const steal: Check = {
  name: 'steal',
  async look({ signal }) {
    const readSteal = createStealMeter();
    await delay(STEAL_MS, undefined, { signal });
    const percent = readSteal();
    if (percent === null) return { level: 'unknown', text: 'this system does not say how much time others take' };
    const text = `${percent} % of the processors' time was taken by other machines (steal)`;
    if (percent < STEAL_PERCENT) return { level: 'ok', text };
    const fix = 'A machine that shares its processors with fewer others, or fewer ..._WORKERS.';
    return { level: percent < MUCH_STEAL_PERCENT ? 'warning' : 'error', text, fix };
  },
};

const clock: Check = {
  name: 'clock',
  async look(examination) {
    const redis = redisOf(examination);
    if (!redis) return { level: 'unknown', text: NO_REDIS };
    await measureClock(redis);
    const skewMs = clockSkewMs();
    const direction = skewMs > 0 ? 'ahead of' : 'behind';
    const text = `the clock of ${hostname()} is ${formatDuration(Math.abs(skewMs))} ${direction} that of Redis, which is used`;
    if (Math.abs(skewMs) < CLOCK_MS) return { level: 'ok', text };
    return { level: Math.abs(skewMs) < CLOCK_OFF_MS ? 'warning' : 'error', text, fix: VERDICT_CODES.clock_off.fix };
  },
};

const limits: Check = {
  name: 'limits',
  async look({ config, paths }) {
    const processes = await askProcesses(paths.supervisorSocket).catch(() => []);
    const web = processes.find(({ program, pid }) => program === 'web' && pid > 0);
    const text = await readProc(web ? `/proc/${web.pid}/limits` : '/proc/self/limits');
    const soft = /^Max open files +(\S+)/m.exec(text ?? '')?.[1];
    if (soft === undefined) return { level: 'unknown', text: 'this system does not say it' };
    const most = soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
    const wanted = config.MAX_CONNECTIONS + OTHER_FILES;
    const whose = web ? `${web.name} may` : 'a process may';
    const said = `${whose} open ${most === Number.POSITIVE_INFINITY ? 'any number of' : formatNumber(most)} files`;
    if (most >= wanted) return { level: 'ok', text: said };
    const fix = `LimitNOFILE=65536 in the unit, or ulimit -n 65536 before the start; or a MAX_CONNECTIONS below ${Math.max(10, most - OTHER_FILES)}.`;
    return { level: 'warning', text: `${said}; MAX_CONNECTIONS needs ${formatNumber(wanted)}`, fix };
  },
};

/** The checks of the machine. */
export const MACHINE_CHECKS: readonly Check[] = [overcommit, hugePages, steal, clock, limits];

import { formatBytes } from '../../src/kinds/formats.ts';
import type { Redis } from '../../src/redis/connect.ts';
import { readInfo } from '../../src/redis/faults.ts';
import { writeProbeKey } from '../../src/redis/keys.ts';
import { findSecrets } from '../../src/signing/secret.ts';
import { VERDICT_CODES, type VerdictCode } from '../../src/verdict/codes.ts';
import type { RedisFacts, UpRedis } from '../../src/verdict/facts.ts';
import { judgeRedis } from '../../src/verdict/judge/redis.ts';
import { createRedisLook } from '../../src/verdict/look-at-redis.ts';
import { type Check, type Examination, type Findings, NO_REDIS, redisOf } from './examination.ts';
import { describeTimes, measureTurns, p99Of } from './measure.ts';
import { readDeploymentId } from './storage.ts';

/** Ended jobs make way from this share of its memory on at the latest; nothing is accepted from 80 %. */
const SHORT_SHARE = 0.7;
const [SLOW_MS, TOO_SLOW_MS] = [50, 250];
const PROBE_MS = 10_000;
const MEASURE_WITHIN_MS = 2000;

/** Which check tells of what is wrong with Redis. */
const TOLD_BY: Partial<Record<VerdictCode, Check['name']>> = {
  redis_unsafe: 'redis-settings',
  redis_sync_late: 'redis-settings',
  redis_full: 'redis-memory',
  redis_memory: 'redis-memory',
  redis_slow: 'redis-latency',
};

async function look(redis: Redis, { config }: Examination): Promise<RedisFacts> {
  const secrets = findSecrets(config);
  const id = secrets === null ? null : await readDeploymentId(config);
  return createRedisLook({ redis, deployment: { id: () => id }, replicas: config.REDIS_WAIT })();
}

/** What the verdict says of this Redis, as far as that check tells of it. */
const faultsOf = (redis: RedisFacts, check: Check['name']): Exclude<Findings, unknown[]>[] =>
  judgeRedis({ redis, silent: [] })
    .filter(({ code }) => (TOLD_BY[code] ?? 'redis') === check)
    .map(({ code, text }) => {
      const { level, fix } = VERDICT_CODES[code];
      return { level: level === 'red' ? 'error' : 'warning', text, fix };
    });

/** Looks as the verdict does, and says how it is where that finds nothing. */
const judged = (check: Check['name'], describe: (seen: UpRedis, info: string) => Findings | null): Check => ({
  name: check,
  async look(examination) {
    const { redis } = examination;
    if (!redis) return null;
    const seen = await look(redis, examination);
    const faults = faultsOf(seen, check);
    if (faults.length > 0) return faults;
    if (seen.state !== 'up') return null;
    return describe(seen, await redis.info());
  },
});

const answers = judged('redis', ({ role }, info) => {
  const value = readInfo(info);
  const version = value('redis_version') ?? 'of an unknown version';
  const text = `Redis ${version}, ${role}, takes writes`;
  if (Number.parseInt(version, 10) >= 7) return { level: 'ok', text };
  return { level: 'warning', text, fix: 'Heavylift is tested with Redis 7.0 and later: take one of these.' };
});

const settings = judged('redis-settings', ({ syncPolicy }, info) => {
  const value = readInfo(info);
  const policy = value('maxmemory_policy') ?? 'unknown';
  return { level: 'ok', text: `append-only file on, appendfsync ${syncPolicy}, maxmemory-policy ${policy}` };
});

const memory = judged('redis-memory', ({ usedBytes, maxBytes }) => {
  const used = formatBytes(usedBytes);
  if (maxBytes === Number.POSITIVE_INFINITY) {
    const fix =
      'Set maxmemory to about a quarter of the memory: without a limit the kernel ends Redis, or all of it swaps.';
    return { level: 'warning', text: `${used} used, and there is no limit (maxmemory 0)`, fix };
  }
  const text = `${used} of ${formatBytes(maxBytes)} used (${Math.floor((usedBytes / maxBytes) * 100)} %)`;
  if (usedBytes / maxBytes < SHORT_SHARE) return { level: 'ok', text };
  const fix = 'Ended jobs make way before RESULT_TTL. Raise REDIS_MAXMEMORY (maxmemory), or shorten RESULT_TTL.';
  return { level: 'warning', text, fix };
});

const latency: Check = {
  name: 'redis-latency',
  isMeasurement: true,
  async look(examination) {
    const redis = redisOf(examination);
    if (!redis) return { level: 'unknown', text: NO_REDIS };
    const write = () => redis.set(writeProbeKey(), '', 'PX', PROBE_MS);
    const times = await measureTurns(write, MEASURE_WITHIN_MS);
    const text = `a write, synced as it is set up: ${describeTimes(times)}`;
    if (p99Of(times) < SLOW_MS) return { level: 'ok', text };
    return { level: p99Of(times) < TOO_SLOW_MS ? 'warning' : 'error', text, fix: VERDICT_CODES.redis_slow.fix };
  },
};

/** The checks of Redis itself. */
export const REDIS_CHECKS: readonly Check[] = [answers, settings, memory, latency];

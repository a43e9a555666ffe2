import type { Facts, UpRedis } from '../facts.ts';
import type { Finding } from './finding.ts';

/** From this share of its memory on nothing is accepted. */
const NEARLY_FULL = 0.8;
/** A write that takes longer holds up every accept. */
const SLOW_WRITE_MS = 250;
const NOTHING = 'Nothing is accepted: Redis';

/** Finds what is wrong with Redis. */
export function judgeRedis({ redis, silent }: Pick<Facts, 'redis' | 'silent'>): Finding[] {
  // One thing is wrong when several do not answer.
  const names = [...new Set(silent)].join(', ');
  const text = `Not known at the moment: ${names} (no answer within 2 s)`;
  const unknown: Finding[] = names === '' ? [] : [{ code: 'source_silent', text }];
  if (redis.state === 'gone') {
    const why = redis.why === null ? '' : ` (${redis.why})`;
    return [{ code: 'redis_gone', text: `${NOTHING} is gone${why}` }];
  }
  if (redis.state === 'frozen') return [{ code: 'redis_frozen', text: `${NOTHING} is connected and does not answer` }];
  return [...findRefusals(redis), ...findRisks(redis), ...unknown];
}

function findRefusals(redis: UpRedis): Finding[] {
  const { refused, foreignId } = redis;
  if (redis.role === 'slave') return [{ code: 'redis_replica', text: `${NOTHING} is a replica and takes no writes` }];
  if (!redis.isLogWritten || refused?.startsWith('MISCONF')) {
    const said = refused === null ? '' : ` (${refused.slice(0, 200)})`;
    return [{ code: 'redis_log', text: `${NOTHING} can not write its log to disk${said}` }];
  }
  const share = redis.usedBytes / redis.maxBytes;
  if (refused?.startsWith('OOM') || share >= 1) {
    return [{ code: 'redis_full', text: `${NOTHING} is ${percent(Math.max(share, 1))} full` }];
  }
  if (share > NEARLY_FULL) return [{ code: 'redis_memory', text: `${NOTHING} is ${percent(share)} full` }];
  if (foreignId !== null) {
    return [{ code: 'redis_foreign', text: `${NOTHING} belongs to another deployment (${foreignId})` }];
  }
  if (refused !== null) {
    return [{ code: 'redis_refuses', text: `${NOTHING} refuses to write: ${refused.slice(0, 200)}` }];
  }
  return [];
}

function findRisks({ unsafe, syncPolicy, writeMs }: UpRedis): Finding[] {
  const isLate = syncPolicy !== 'always' && syncPolicy !== 'unknown';
  return [
    ...unsafe.map((fault): Finding => ({ code: 'redis_unsafe', about: fault, text: `Redis may lose jobs: ${fault}` })),
    ...(isLate
      ? [
          {
            code: 'redis_sync_late' as const,
            text: `Redis syncs late (appendfsync ${syncPolicy}): a job that was accepted may be lost with the machine's power`,
          },
        ]
      : []),
    ...(writeMs > SLOW_WRITE_MS
      ? [{ code: 'redis_slow' as const, text: `A write to Redis takes ${Math.round(writeMs)} ms` }]
      : []),
  ];
}

/** A share as a whole number: 98.7 % is not yet full. */
const percent = (share: number): string => `${Math.floor(share * 100)} %`;

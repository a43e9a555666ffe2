import { verdictLastKey } from '../redis/keys.ts';
import { createScript, type Redis } from '../redis/script.ts';
import type { Verdict } from './judge.ts';

/** A verdict that is older is none: no web process has judged since. */
const HOLDS_MS = 15_000;

/** The first line of a verdict. */
export type LastVerdict = Pick<Verdict, 'level' | 'since' | 'text'>;

/** KEYS: the last verdict. ARGV: 1 the verdict as JSON, 2 for how long it holds (ms). A Redis that is full is told of too. */
const keepScript = createScript(
  'heavyliftKeepVerdict',
  1,
  "return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])",
  { atFullMemory: true },
);

/** Keeps the first line of a verdict, for who asks without a web process. Never rejects: what Redis does not take is not kept. */
export async function keepLast(redis: Redis, { level, since, text }: LastVerdict): Promise<void> {
  if (redis.status !== 'ready') return;
  await keepScript(redis, [verdictLastKey()], [JSON.stringify({ level, since, text }), HOLDS_MS]).catch(() => {});
}

/** Reads the verdict of the last seconds; null where no web process has judged, or could say so. */
export async function readLast(redis: Redis): Promise<LastVerdict | null> {
  const text = await redis.get(verdictLastKey());
  return text === null ? null : (JSON.parse(text) as LastVerdict);
}

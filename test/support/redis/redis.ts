import { REDIS_MODE } from '../matrix/switch.ts';
import { startServer, type TestRedis } from './server.ts';

export type { TestRedis };

/** Starts Redis and waits until it answers; `extra` are further lines of configuration, as arguments. */
export async function startRedis(dir: string, extra: string[] = []): Promise<TestRedis> {
  if (REDIS_MODE === 'single') return startServer(dir, extra);
  const { openGroup } = await import('./groups.ts');
  return openGroup(REDIS_MODE, extra);
}

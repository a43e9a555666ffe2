import { createHash } from 'node:crypto';
import { ownKey, type Redis } from '../../../src/redis/script.ts';
import type { KeepFirst } from './providers/provider.ts';

/** Opens what was said first at the address with that token, over any connection to Redis. */
export const createKeepFirst =
  (redis: Redis, token: string): KeepFirst =>
  async (name, text, lifeMs) => {
    const digest = createHash('sha256').update(`${token} ${name}`).digest('base64url').slice(0, 22);
    const key = ownKey('emails', `mail-events:first:${digest}`);
    const set = lifeMs === null ? redis.set(key, text, 'NX') : redis.set(key, text, 'PX', lifeMs, 'NX');
    return (await set) === 'OK' ? text : ((await redis.get(key)) ?? text);
  };

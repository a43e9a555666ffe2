import type { Redis } from 'ioredis';
import { roomKey } from './keys.ts';

export type { Redis };

/** The beginning of a script that needs Redis' time: `now` in ms. */
export const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * A Redis key of a kind's own, beside those of its queue (`ownKey('emails', 'relay')`). The hash tag keeps it in the
 * queue's slot of a Redis Cluster, so that one script may use both.
 */
export const ownKey = (kind: string, name: string): string => roomKey(kind, `own:${name}`);

/** A script by its keys and arguments; the answer is what Lua returned. */
export type Script = (redis: Redis, keys: string[], args: (string | number)[]) => Promise<unknown>;

/** The first line of a script that runs in a Redis whose memory is full too: what frees memory must not need any. */
export const AT_FULL_MEMORY = '#!lua flags=allow-oom\n';

export interface ScriptOptions {
  /** Runs in a Redis whose memory is full too. */
  atFullMemory?: boolean;
}

/**
 * Makes a Lua script that is sent as its SHA-1 once Redis knows it; `keys` is how many keys it takes, null for any
 * number.
 */
export function createScript(
  name: string,
  keys: number | null,
  text: string,
  { atFullMemory = false }: ScriptOptions = {},
): Script {
  const lua = atFullMemory ? AT_FULL_MEMORY + text : text;
  return (redis, keyNames, args) => {
    const client = redis as unknown as Record<string, ((...all: (string | number)[]) => Promise<unknown>) | undefined>;
    if (!client[name]) redis.defineCommand(name, keys === null ? { lua } : { numberOfKeys: keys, lua });
    const count = keys === null ? [keyNames.length] : [];
    return (client[name] as (...all: (string | number)[]) => Promise<unknown>)(...count, ...keyNames, ...args);
  };
}

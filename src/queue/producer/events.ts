import type { Redis } from 'ioredis';
import { queuePrefix } from '../../redis/keys.ts';

/** Tells when something happened to a job, on one Redis subscription for the whole process. */
export interface JobEvents {
  /** Calls back on every sign of life of that job, and when signs may have been missed. Answers with how to stop. */
  watch(id: string, listener: () => void): () => void;
  close(): void;
}

/** Bull publishes each job's steps; nothing is subscribed while nobody watches. `openSubscriber` connects on first use. */
export function createJobEvents(kinds: readonly string[], openSubscriber: () => Redis): JobEvents {
  const listeners = new Map<string, Set<() => void>>();
  const patterns = kinds.map((kind) => `${queuePrefix(kind)}:${kind}:*`);
  let subscriber: Redis | null = null;
  let subscribed = false;

  const tell = (id: string) => {
    for (const listener of listeners.get(id) ?? []) listener();
  };

  const tellAll = () => {
    for (const id of listeners.keys()) tell(id);
  };

  const open = (): Redis => {
    const redis = openSubscriber();
    redis.on('pmessage', (_pattern: string, _channel: string, message: string) => {
      const id = idIn(message);
      if (id !== null) tell(id);
    });
    // After an outage nobody knows what was missed.
    redis.on('ready', tellAll);
    return redis;
  };

  const settle = () => {
    const wanted = listeners.size > 0;
    if (wanted === subscribed) return;
    subscribed = wanted;
    subscriber ??= open();
    const change = wanted ? subscriber.psubscribe(...patterns) : subscriber.punsubscribe(...patterns);
    // What happened before the subscription stood was not heard.
    change.then(wanted ? tellAll : undefined).catch(() => {});
  };

  return {
    watch(id, listener) {
      const own = listeners.get(id) ?? new Set();
      listeners.set(id, own.add(listener));
      settle();
      return () => {
        own.delete(listener);
        if (own.size === 0 && listeners.get(id) === own) listeners.delete(id);
        settle();
      };
    },
    close: () => subscriber?.disconnect(),
  };
}

/** The job a message of Bull's is about: the bare id, or JSON with `jobId`; null for other messages. */
function idIn(message: string): string | null {
  if (/^[a-z]{3}_\w{26}$/.test(message)) return message;
  return /"jobId":"([a-z]{3}_\w{26})"/.exec(message)?.[1] ?? null;
}

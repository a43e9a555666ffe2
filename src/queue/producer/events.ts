import type { Redis } from 'ioredis';
import { queueKey } from '../../redis/keys.ts';

/** Notifies of what happens to jobs, on one Redis subscription for the whole process. */
export interface JobEvents {
  /**
   * Calls the listener on every event of that job, and when events may have been missed; answers with how to stop. The
   * listener reads the job to see what has happened.
   */
  watch(id: string, listener: () => void): () => void;
  /** Has everybody who waits here answer now, since the process stops: calls all listeners. */
  stop(): void;
  isStopping(): boolean;
  close(): void;
}

const LISTENS_AGAIN_MS = 1000;

/**
 * Bull publishes each job's steps; nothing is subscribed while no job is watched. `openSubscriber` connects on first
 * use.
 */
export function createJobEvents(kinds: readonly string[], openSubscriber: () => Redis): JobEvents {
  const listeners = new Map<string, Set<() => void>>();
  const patterns = kinds.map((kind) => queueKey(kind, '*'));
  let subscriber: Redis | null = null;
  let subscribed = false;
  let stopping = false;

  const notify = (id: string) => {
    for (const listener of listeners.get(id) ?? []) listener();
  };

  const notifyAll = () => {
    for (const id of listeners.keys()) notify(id);
  };

  const open = (): Redis => {
    const redis = openSubscriber();
    redis.on('pmessage', (_pattern: string, _channel: string, message: string) => {
      for (const id of idsIn(message)) notify(id);
    });
    // Events of an outage are lost.
    redis.on('ready', notifyAll);
    // The node of a cluster that it listened to may be the one that is gone: it listens to another a moment later.
    redis.on('-node', () => void setTimeout(notifyAll, LISTENS_AGAIN_MS).unref());
    return redis;
  };

  const updateSubscription = () => {
    const wanted = listeners.size > 0;
    if (wanted === subscribed) return;
    subscribed = wanted;
    subscriber ??= open();
    const change = wanted ? subscriber.psubscribe(...patterns) : subscriber.punsubscribe(...patterns);
    // Events from before the subscription stood are lost as well.
    change.then(wanted ? notifyAll : undefined).catch(() => {});
  };

  return {
    watch(id, listener) {
      const own = listeners.get(id) ?? new Set();
      listeners.set(id, own.add(listener));
      updateSubscription();
      return () => {
        own.delete(listener);
        if (own.size === 0 && listeners.get(id) === own) listeners.delete(id);
        updateSubscription();
      };
    },
    stop() {
      stopping = true;
      notifyAll();
    },
    isStopping: () => stopping,
    close: () => subscriber?.disconnect(),
  };
}

/** Reads which jobs a message of a queue is about: bare ids with spaces between, or Bull's JSON with a `jobId`. */
export function idsIn(message: string): string[] {
  if (message.startsWith('{')) return /"jobId":"([a-z]{3}_\w{26})"/.exec(message)?.slice(1) ?? [];
  return message.split(' ').filter((text) => /^[a-z]{3}_\w{26}$/.test(text));
}

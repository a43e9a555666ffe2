/**
 * Bull's key prefix of a kind's queue. The hash tag keeps all keys of a queue in one slot of a Redis Cluster;
 * without it Bull's scripts fail there with CROSSSLOT.
 */
export const queuePrefix = (kind: string): string => `heavylift:{${kind}}`;

/** A key of the kind's queue, as Bull names it (`queueKey('images', 'wait')`). */
export const queueKey = (kind: string, name: string): string => `${queuePrefix(kind)}:${kind}:${name}`;

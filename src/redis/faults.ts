/** What keeps a Redis from being the queue's, each as a sentence for the operator. */
export interface RedisFaults {
  /** Writes can't be taken, whatever the settings allow: not the master, or one node of a cluster. */
  unusable: string[];
  /** Settings that make it lose queued jobs, each with the line of redis.conf to change. */
  unsafe: string[];
}

/**
 * Reads the faults from an answer to INFO, which managed services allow where they forbid CONFIG; `wanted` is how many replicas
 * REDIS_WAIT asks for.
 */
export function readFaults(info: string, wanted = 0): RedisFaults {
  const value = readInfo(info);
  const unusable: string[] = [];
  if (value('role') === 'slave') unusable.push('it is a replica and takes no writes; give the address of its master');
  if (value('redis_mode') === 'cluster') {
    unusable.push('it is one node of a cluster and holds only a part of the keys; give a Redis that holds all of them');
  }
  const replicas = info.match(/^slave\d+:.*state=online/gm)?.length ?? 0;
  if (value('role') === 'master' && replicas < wanted) {
    unusable.push(`it has ${replicas} replicas, and REDIS_WAIT asks for ${wanted}`);
  }
  const unsafe: string[] = [];
  const policy = value('maxmemory_policy');
  if (policy && policy !== 'noeviction') {
    unsafe.push(`maxmemory-policy is ${policy} and would evict jobs or their locks; set: maxmemory-policy noeviction`);
  }
  if (value('aof_enabled') === '0') {
    unsafe.push('the append-only file is off and a crash would lose accepted jobs; set: appendonly yes');
  }
  return { unusable, unsafe };
}

/** Reads how much memory Redis has used and may use, from an answer to INFO; Infinity where it has no limit. */
export function readMemory(info: string): { usedBytes: number; maxBytes: number } {
  const value = readInfo(info);
  const usedBytes = Number(value('used_memory') ?? 0);
  return { usedBytes, maxBytes: Number(value('maxmemory') ?? 0) || Number.POSITIVE_INFINITY };
}

/** Makes a reader of the fields of an answer to INFO; undefined for one that is not there. */
export const readInfo = (info: string) => (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];

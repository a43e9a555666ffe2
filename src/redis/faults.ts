/** What keeps a Redis from being the queue's, each as a sentence for the operator. */
export interface RedisFaults {
  /** Writes can't be taken, whatever the settings allow: not the master, one node of a cluster, too few replicas. */
  unusable: string[];
  /** Settings that make it lose queued jobs, each with the line of redis.conf to change. */
  unsafe: string[];
}

/**
 * Reads the faults from the answers of all masters to INFO, which managed services allow where they forbid CONFIG; `wanted` is how
 * many replicas REDIS_WAIT asks for, `isCluster` whether the address is that of a cluster.
 */
export function readFaults(infos: readonly string[], { wanted = 0, isCluster = false } = {}): RedisFaults {
  const all = infos.map((info) => readFaultsOf(info, wanted, isCluster));
  const merge = (of: keyof RedisFaults) => [...new Set(all.flatMap((faults) => faults[of]))];
  return { unusable: merge('unusable'), unsafe: merge('unsafe') };
}

function readFaultsOf(info: string, wanted: number, isCluster: boolean): RedisFaults {
  const value = readInfo(info);
  const unusable: string[] = [];
  if (value('role') === 'slave') unusable.push('it is a replica and takes no writes; give the address of its master');
  // Valkey calls it the mode of the server.
  if ((value('redis_mode') ?? value('server_mode')) === 'cluster' && !isCluster) {
    unusable.push(
      'it is one node of a cluster and holds only a part of the keys; begin the address with redis-cluster://',
    );
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

/**
 * Reads how much memory Redis has used and may use, from answers to INFO, of the one that has the least left; Infinity where it has
 * no limit.
 */
export function readMemory(infos: readonly string[]): { usedBytes: number; maxBytes: number } {
  const all = infos.map(readMemoryOf);
  const [fullest] = all.toSorted((one, other) => freeIn(one) - freeIn(other));
  return fullest ?? readMemoryOf('');
}

const freeIn = ({ usedBytes, maxBytes }: { usedBytes: number; maxBytes: number }): number => maxBytes - usedBytes;

function readMemoryOf(info: string): { usedBytes: number; maxBytes: number } {
  const value = readInfo(info);
  const usedBytes = Number(value('used_memory') ?? 0);
  return { usedBytes, maxBytes: Number(value('maxmemory') ?? 0) || Number.POSITIVE_INFINITY };
}

/** Makes a reader of the fields of an answer to INFO; undefined for one that is not there. */
export const readInfo = (info: string) => (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];

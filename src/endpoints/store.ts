import { AppError } from '../errors.ts';
import { type Guards, NO_GUARDS } from '../redis/guards.ts';
import type { Redis } from '../redis/script.ts';
import type { Secrets } from '../signing/secret.ts';
import { type Endpoint, type EndpointSettings, type PausedReason, parseEndpoint } from './endpoint.ts';
import { createEndpointSecrets, type EndpointSecret } from './endpoint-secrets.ts';
import { endpointCallersKey, endpointKey, endpointNamesKey, resendLineKey } from './keys.ts';
import {
  noteAttemptScript,
  pauseEndpointScript,
  removeEndpointScript,
  replaceSecretsScript,
} from './scripts/change-endpoint.ts';
import { putEndpointScript } from './scripts/put-endpoint.ts';

const ROTATE_TRIES = 20;

/** The callers' endpoints. The methods reject as the guards they were made with. */
export interface Endpoints {
  /** Lists a caller's endpoints, by name. */
  list(caller: string): Promise<Endpoint[]>;
  /** Finds one; null when there is none. */
  find(caller: string, name: string): Promise<Endpoint | null>;
  /**
   * Makes it, or changes it. `paused`: undefined leaves that as it is. `max` is how many a caller may have; rejects with
   * conflict beyond it.
   */
  put(
    caller: string,
    name: string,
    given: EndpointSettings & { paused?: boolean | undefined; max: number },
  ): Promise<{ endpoint: Endpoint; isNew: boolean }>;
  /** Removes it; false when there was none. */
  remove(caller: string, name: string): Promise<boolean>;
  /** Pauses all of a caller's for that reason, but for those that are paused; how many. */
  pauseAll(caller: string, reason: PausedReason): Promise<number>;
  /** Opens the secrets that hold now, the newest first. */
  openSecrets(endpoint: Endpoint): EndpointSecret[];
  /** Makes a new secret; those before hold for `overlapMs` more. Rejects with conflict where too many would hold. */
  rotate(endpoint: Endpoint, overlapMs: number): Promise<EndpointSecret[]>;
  /** Notes how an attempt went; answers why the endpoint is paused by that, else null. */
  note(
    endpoint: Pick<Endpoint, 'caller' | 'name' | 'madeAt'>,
    outcome: 'taken' | 'failed' | 'gone',
    pauseAfterMs: number,
  ): Promise<PausedReason | null>;
  /** The names of all callers that have endpoints. */
  callers(): Promise<string[]>;
}

/** Opens them over any connection to Redis. */
export function createEndpoints(redis: Redis, deploymentSecrets: Secrets, guards: Guards = NO_GUARDS): Endpoints {
  const { read, write } = guards;
  const secrets = createEndpointSecrets(deploymentSecrets);
  const find = (caller: string, name: string) => readEndpoint(redis, caller, name);
  return {
    list: read((caller) => readEndpoints(redis, caller)),
    find: read(find),
    put: write(async (isRepeated, caller, name, { url, events, kinds, paused, max }) => {
      const keys = [endpointKey(caller, name), endpointNamesKey(caller), endpointCallersKey()];
      const state = paused === undefined ? '' : Number(paused);
      const chosen = [url, events ? JSON.stringify(events) : '', kinds ? JSON.stringify(kinds) : ''];
      const args = [name, caller, ...chosen, secrets.first(caller, name), max, state];
      const answer = await putEndpointScript(redis, keys, args);
      const endpoint = await find(caller, name);
      if (answer === 0 || !endpoint) throw tooMany(max);
      return { endpoint, isNew: answer === 2 && !isRepeated };
    }),
    remove: write(async (isRepeated, caller, name) => {
      const keys = [
        endpointKey(caller, name),
        endpointNamesKey(caller),
        endpointCallersKey(),
        resendLineKey(caller, name),
      ];
      return (await removeEndpointScript(redis, keys, [name, caller])) === 1 || isRepeated;
    }),
    pauseAll: write((_isRepeated, caller, reason) => pauseEndpoints(redis, caller, reason)),
    openSecrets: secrets.open,
    rotate: write(async (_isRepeated, endpoint, overlapMs) => {
      let current: Endpoint | null = endpoint;
      for (let tried = 0; tried < ROTATE_TRIES && current; tried += 1) {
        const { caller, name, sealedSecrets } = current;
        const next = secrets.rotate(current, overlapMs);
        const isDone = await replaceSecretsScript(redis, [endpointKey(caller, name)], [sealedSecrets, next]);
        if (isDone === 1) return secrets.open({ caller, name, sealedSecrets: next });
        current = await find(caller, name);
      }
      throw new AppError(
        'conflict',
        `The secret of the endpoint "${endpoint.name}" is being changed by somebody else.`,
      );
    }),
    note: write(async (_isRepeated, { caller, name, madeAt }, outcome, pauseAfterMs) => {
      const reason = await noteAttemptScript(redis, [endpointKey(caller, name)], [madeAt, outcome, pauseAfterMs]);
      return (reason ?? null) as PausedReason | null;
    }),
    callers: read(() => redis.smembers(endpointCallersKey())),
  };
}

/** Reads an endpoint; null when there is none. */
export const readEndpoint = async (redis: Redis, caller: string, name: string): Promise<Endpoint | null> =>
  parseEndpoint(caller, name, await redis.hgetall(endpointKey(caller, name)));

/** Reads a caller's endpoints, by name. */
export async function readEndpoints(redis: Redis, caller: string): Promise<Endpoint[]> {
  const names = (await redis.smembers(endpointNamesKey(caller))).sort();
  const found = await Promise.all(names.map((name) => readEndpoint(redis, caller, name)));
  return found.filter((endpoint) => endpoint !== null);
}

/** Pauses all endpoints of a caller for that reason, but for those that are paused; how many. */
export async function pauseEndpoints(redis: Redis, caller: string, reason: PausedReason): Promise<number> {
  const names = await redis.smembers(endpointNamesKey(caller));
  const paused = await Promise.all(
    names.map((name) => pauseEndpointScript(redis, [endpointKey(caller, name)], [reason])),
  );
  return paused.filter((one) => one === 1).length;
}

const tooMany = (max: number) =>
  new AppError('conflict', `This key has ${max} endpoints, which is the limit (MAX_ENDPOINTS_PER_CALLER).`);

import { now } from '../clock.ts';
import { AppError } from '../errors.ts';
import { createSealedTokens } from '../signing/sealed-token.ts';
import type { Secrets } from '../signing/secret.ts';
import { makeWebhookSecret } from '../signing/webhook-secret.ts';
import type { Endpoint } from './endpoint.ts';

/** Each of them makes a signature of each webhook. */
export const MAX_FORMER_SECRETS = 4;

/** A secret that webhooks to an endpoint are signed with; null: it is the newest, and holds until there is another. */
export interface EndpointSecret {
  secret: string;
  untilMs: number | null;
}

/** Opens and makes the secrets of endpoints. They are random, and sealed with the deployment's own. */
export interface EndpointSecrets {
  /** Makes the first secret of an endpoint, sealed. */
  first(caller: string, name: string): string;
  /** Opens the secrets that hold now, the newest first. Throws where another deployment secret has sealed them. */
  open(endpoint: Pick<Endpoint, 'caller' | 'name' | 'sealedSecrets'>): EndpointSecret[];
  /**
   * Seals them with a new one before the others, which hold for `overlapMs` more; 0: they end at once. Throws conflict
   * where too many would hold.
   */
  rotate(endpoint: Pick<Endpoint, 'caller' | 'name' | 'sealedSecrets'>, overlapMs: number): string;
}

/** Makes it with the deployment's secrets. */
export function createEndpointSecrets(deploymentSecrets: Secrets): EndpointSecrets {
  const tokens = createSealedTokens(deploymentSecrets, 'endpoint secrets');
  const seal = (caller: string, name: string, secrets: readonly EndpointSecret[]): string =>
    // The names are sealed too: whoever may write to Redis can not give one endpoint another's.
    tokens.seal([caller, name, ...secrets.flatMap(({ secret, untilMs }) => [secret, untilMs])]);
  const open: EndpointSecrets['open'] = ({ caller, name, sealedSecrets }) => {
    const [owner, of, ...facts] = tokens.open(sealedSecrets) ?? [];
    if (owner !== caller || of !== name) throw notOurs(name);
    const secrets: EndpointSecret[] = [];
    for (let index = 0; index < facts.length; index += 2) {
      const untilMs = facts[index + 1] === null ? null : Number(facts[index + 1]);
      if (untilMs === null || untilMs > now()) secrets.push({ secret: String(facts[index]), untilMs });
    }
    return secrets;
  };
  return {
    first: (caller, name) => seal(caller, name, [{ secret: makeWebhookSecret(), untilMs: null }]),
    open,
    rotate(endpoint, overlapMs) {
      const { caller, name } = endpoint;
      const former = overlapMs === 0 ? [] : open(endpoint).map(({ secret, untilMs }) => ({ secret, untilMs }));
      if (former.length > MAX_FORMER_SECRETS) throw tooMany(name);
      const untilMs = now() + overlapMs;
      const ending = former.map((one) => ({ ...one, untilMs: one.untilMs ?? untilMs }));
      return seal(caller, name, [{ secret: makeWebhookSecret(), untilMs: null }, ...ending]);
    },
  };
}

const tooMany = (name: string) =>
  new AppError(
    'conflict',
    `The endpoint "${name}" has ${MAX_FORMER_SECRETS} former secrets that still hold, which is the limit. Wait until one ` +
      'of them has ended, or end all of them now with the overlap 0s.',
  );

const notOurs = (name: string) =>
  new AppError(
    'internal',
    `The secrets of the endpoint "${name}" were sealed with another deployment secret than this one: ` +
      'DATA_DIR or DEPLOYMENT_SECRET is not the one that the service runs with.',
  );

import { createSealedTokens, type SealedTokens } from './sealed-token.ts';
import type { Secrets } from './secret.ts';

/** A secret field of an input, as the job carries it. */
interface SealedField {
  sealed: string;
}

/** Keeps the secret fields of inputs (a password) unreadable for whoever reads Redis, storage or a backup of them. */
export interface SealedFields {
  /** Seals those of the input's fields that have these names; the same value gives the same text. */
  seal(input: unknown, names?: readonly string[]): unknown;
  /** Opens what `seal` has sealed. Throws an Error when a secret that is known no more has sealed it. */
  open(input: unknown, names?: readonly string[]): unknown;
}

/** Makes them: the newest of the deployment's secrets seals, each of them opens. */
export function createSealedFields(secrets: Secrets): SealedFields {
  // Most inputs have no such field: the keys are made with the first that has.
  let made: SealedTokens | undefined;
  const tokens = () => {
    made ??= createSealedTokens(secrets, 'secret field');
    return made;
  };
  return {
    seal: (input, names) =>
      change(input, names, (value, name): SealedField => ({ sealed: tokens().seal([name, JSON.stringify(value)]) })),
    open: (input, names) =>
      change(input, names, (value, name) => {
        // Of a job that an earlier version accepted.
        if (!isSealed(value)) return value;
        const [sealedName, text] = tokens().open(value.sealed) ?? [];
        if (sealedName === name && typeof text === 'string') return JSON.parse(text) as unknown;
        throw new Error(`the field ${name} was sealed with a deployment secret that is not known any more`);
      }),
  };
}

/** A copy of the input with these fields changed; the input itself where it has none of them. */
function change(input: unknown, names: readonly string[] = [], to: (value: unknown, name: string) => unknown): unknown {
  if (typeof input !== 'object' || input === null) return input;
  const fields = input as Record<string, unknown>;
  const given = names.filter((name) => fields[name] !== undefined);
  if (given.length === 0) return input;
  return { ...fields, ...Object.fromEntries(given.map((name) => [name, to(fields[name], name)])) };
}

const isSealed = (value: unknown): value is SealedField =>
  typeof value === 'object' && value !== null && typeof (value as Partial<SealedField>).sealed === 'string';

import { z } from 'zod';

/** One entry of API_KEYS: the caller's name, the secret, and the scopes it was given. */
export interface ApiKey {
  name: string;
  key: string;
  scopes: string[];
}

/** The operator's scope: see and control everything. */
export const ADMIN_SCOPE = 'admin';

/** A list of keys (`name:key[:scopes]`); one that names no scopes gets every one in `scopes` but the operator's. */
export const apiKeys = (scopes: readonly string[]) =>
  z.string().transform((value, context) => {
    const keys = readKeys(value);
    if (keys.length === 0) context.addIssue('names no key; write name:key or name:key:scopes');
    for (const key of keys) {
      if (key.scopes.length === 0) key.scopes.push(...scopes.filter((scope) => scope !== ADMIN_SCOPE));
      for (const issue of findIssues(key, scopes)) context.addIssue(issue);
    }
    if (new Set(keys.map(({ name }) => name)).size < keys.length) context.addIssue('each key needs a name of its own');
    return keys;
  });

function readKeys(value: string): ApiKey[] {
  const keys: ApiKey[] = [];
  for (const entry of value.split(/[\n,]/).map((part) => part.trim())) {
    const [name = '', key, scopes] = entry.split(':');
    // `a:secret:images,reports` reads as one key with two scopes: a part without a colon goes on with the list.
    if (key === undefined) keys.at(-1)?.scopes.push(...name.split(/[+\s]+/).filter(Boolean));
    else keys.push({ name, key, scopes: scopes?.split(/[+\s]+/) ?? [] });
  }
  return keys;
}

function findIssues({ name, key, scopes }: ApiKey, known: readonly string[]): string[] {
  const issues: string[] = [];
  const unknown = scopes.filter((scope) => !known.includes(scope));
  if (unknown.length > 0) issues.push(`the key of "${name}" has the unknown scope "${unknown.join('", "')}"`);
  if (!/^[\w.-]{1,64}$/.test(name)) issues.push(`the key name "${name}" must be 1-64 of letters, digits, . _ -`);
  if (key.length < 8) issues.push(`the key of "${name}" must have at least 8 characters`);
  return issues;
}

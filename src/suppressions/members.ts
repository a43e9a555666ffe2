import { createHmac } from 'node:crypto';
import type { Owner } from './suppression.ts';

/**
 * How an entry's address stands on the list: the address in lower case, or, once its person was erased, a keyed hash of
 * it, by which it still matches; behind the name of its owner and a colon where it holds for that caller alone.
 */
export interface Member {
  owner: Owner;
  /** Null for a hashed one. */
  address: string | null;
}

/** Hashes an address (lower case) so that the list matches it without holding it; only the secret's holder can. */
export const hashAddress = (address: string, secret: string): string =>
  createHmac('sha256', secret).update(`suppressed ${address}`).digest('base64url');

const nameMember = (owner: Owner, name: string): string => (owner === null ? name : `${owner}:${name}`);

/** The member that is an owner's entry of an address as it is. */
export const plainMember = (address: string, owner: Owner): string => nameMember(owner, address.toLowerCase());

/**
 * Lists the members by which an owner's entry of an address may stand on the list: as it is, hashed with the newest
 * secret, and hashed with those before it.
 */
export function membersOf(
  address: string,
  secrets: readonly string[],
  owner: Owner,
): [plain: string, ...hashed: string[]] {
  const plain = address.toLowerCase();
  return [nameMember(owner, plain), ...secrets.map((secret) => nameMember(owner, hashAddress(plain, secret)))];
}

/** Reads what a member says. */
export function readMember(member: string): Member {
  // Neither an address nor a hash has a colon in it.
  const end = member.indexOf(':');
  const name = member.slice(end + 1);
  return { owner: end === -1 ? null : member.slice(0, end), address: name.includes('@') ? name : null };
}

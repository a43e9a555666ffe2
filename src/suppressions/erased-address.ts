import { createHmac } from 'node:crypto';

/** Hashes an address (lower case) so that the list matches it without holding it; only the secret's holder can. */
const hashAddress = (address: string, secret: string): string =>
  createHmac('sha256', secret).update(`suppressed ${address}`).digest('base64url');

/** Lists the two members by which an address may stand on the list: as it is, and hashed once its person was erased. */
export function membersOf(address: string, secret: string): [plain: string, hashed: string] {
  const plain = address.toLowerCase();
  return [plain, hashAddress(plain, secret)];
}

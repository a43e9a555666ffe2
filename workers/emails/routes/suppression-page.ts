import { invalidRequest } from '../../../src/fields/invalid-request.ts';
import type { ListPosition, Suppressions } from '../../../src/suppressions/store.ts';
import type { Suppression } from '../../../src/suppressions/suppression.ts';

/** Reads a page of the list, and what asks for the next one. Throws invalid_request for a cursor that is none. */
export async function readPage(
  suppressions: Suppressions,
  cursor: string | undefined,
  limit: number,
): Promise<{ suppressions: Suppression[]; cursor: string | null }> {
  const page = await suppressions.list(cursor === undefined ? null : readCursor(cursor), limit);
  return { suppressions: page.suppressions, cursor: page.next && writeCursor(page.next) };
}

const writeCursor = ({ at, member }: ListPosition): string => Buffer.from(`${at} ${member}`).toString('base64url');

function readCursor(cursor: string): ListPosition {
  const [, at, member] = /^(\d{1,15}) (.+)$/s.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (at && member) return { at: Number(at), member };
  throw invalidRequest([{ pointer: '/cursor', detail: 'must be one that a listing gave' }]);
}

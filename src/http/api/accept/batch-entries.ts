import { invalidRequest, unknownFields } from '../../../fields/invalid-request.ts';
import type { BatchRules } from '../../../jobs/contract.ts';

/** Reads the list in a batch's body; throws invalid_request for what is wrong with the body as a whole. */
export function readEntries(body: unknown, { field, max }: BatchRules): unknown[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidRequest([{ pointer: '', detail: 'The body must be a JSON object.' }]);
  }
  const others = Object.keys(body).filter((name) => name !== field);
  if (others.length > 0) throw invalidRequest(unknownFields([], others), others.length);
  const entries = (body as Record<string, unknown>)[field];
  const fault = !Array.isArray(entries)
    ? 'must be a list'
    : entries.length === 0
      ? 'must have at least one entry'
      : entries.length > max
        ? `must have at most ${max} entries; there are ${entries.length}`
        : null;
  if (fault) throw invalidRequest([{ pointer: `/${field}`, detail: fault }]);
  return entries as unknown[];
}

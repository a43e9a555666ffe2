import { invalidRequest, unknownFields } from '../../../../fields/invalid-request.ts';
import type { BatchRules } from '../../../../jobs/contract.ts';
import { urlText } from '../../../../jobs/options/options.ts';

/** A batch's entries, and the address that hears once all of their jobs have ended. */
export interface BatchBody {
  entries: unknown[];
  callbackUrl: string | undefined;
}

/** Reads a batch's body; throws invalid_request for what is wrong with the body as a whole. */
export function readBatchBody(body: unknown, { field, max }: BatchRules): BatchBody {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidRequest([{ pointer: '', detail: 'The body must be a JSON object.' }]);
  }
  const others = Object.keys(body).filter((name) => name !== field && name !== 'callbackUrl');
  if (others.length > 0) throw invalidRequest(unknownFields([], others), others.length);
  const { [field]: entries, callbackUrl } = body as Record<string, unknown>;
  const fault = !Array.isArray(entries)
    ? 'must be a list'
    : entries.length === 0
      ? 'must have at least one entry'
      : entries.length > max
        ? `must have at most ${max} entries; there are ${entries.length}`
        : null;
  if (fault) throw invalidRequest([{ pointer: `/${field}`, detail: fault }]);
  return { entries: entries as unknown[], callbackUrl: readCallbackUrl(callbackUrl) };
}

/** Reads the address that hears of a batch; throws invalid_request. */
export function readCallbackUrl(given: unknown): string | undefined {
  const address = urlText.optional().safeParse(given ?? undefined);
  if (address.success) return address.data;
  throw invalidRequest([{ pointer: '/callbackUrl', detail: address.error.issues[0]?.message ?? '' }]);
}

import type { FieldError } from '../../../errors.ts';
import { AppError } from '../../../errors.ts';
import { invalidRequest, pointerOf, unknownFields } from '../../../fields/invalid-request.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { deliverToField, deliveryFaults } from '../../../jobs/options/deliver-to.ts';
import type { FieldReader } from '../../fields.ts';
import type { TokenRequest } from './fields.ts';

/** Fields that a token says beside `options`, for every kind. */
export const JOB_FIELDS = ['subject', 'callbackUrl', 'tags', 'metadata'] as const;

/**
 * Reads the fields that a token fixes as a job of its kind would be read, so that no holder is the first to hear of a mistake. What is
 * missing may come from the holder, where it is open. Throws invalid_request.
 */
export function checkOptions(
  contract: JobContract,
  reader: FieldReader,
  { options, open, ...request }: TokenRequest,
): void {
  const known = reader.names();
  const faults: FieldError[] = open.flatMap((name, index) => {
    const pointer = pointerOf(['open', index]);
    if (JOB_FIELDS.some((field) => field === name && request[field] !== undefined)) {
      return [{ pointer, detail: `must not name ${name}, which the token fixes` }];
    }
    const [unknown] = known.includes(name) ? [] : unknownFields([], [name], known, contract.fieldHints);
    return unknown ? [{ pointer, detail: `must name a field of ${contract.kind}: ${name} ${unknown.detail}` }] : [];
  });
  faults.push(...faultsOf(reader, options, open));
  if (faults.length > 0) throw invalidRequest(faults);
}

/** Throws invalid_request for files that are to be sent to where none are sent. */
export function checkDelivery({ options }: TokenRequest, allow: readonly string[]): void {
  const { data } = deliverToField.safeParse(options['deliverTo'] ?? undefined);
  const faults = data && options['deliverTo'] ? deliveryFaults(data, allow) : [];
  const placed = faults.map(({ pointer, detail }) => ({ pointer: `/options${pointer}`, detail }));
  if (placed.length > 0) throw invalidRequest(placed);
}

/** What is wrong with the fields by themselves, and what would be missing of every job. */
function faultsOf(reader: FieldReader, options: Record<string, unknown>, open: readonly string[]): FieldError[] {
  try {
    // A copy: nulls are taken out of what is read.
    reader.readJson(structuredClone(options));
    return [];
  } catch (error) {
    if (!(error instanceof AppError) || !error.errors) throw error;
    return error.errors
      .filter(({ pointer }) => !mayCome(pointer.split('/')[1], options, open))
      .map(({ pointer, detail }) => {
        const isMissing = !Object.hasOwn(options, pointer.split('/')[1] ?? '');
        return { pointer: `/options${pointer}`, detail: isMissing ? `${detail}, or be named in open` : detail };
      });
  }
}

/** Whether the holder may mend a fault at a field: it chooses the field, or one that goes with it. */
function mayCome(name: string | undefined, options: Record<string, unknown>, open: readonly string[]): boolean {
  if (name === undefined || name === '') return open.length > 0;
  return open.includes(name) && !Object.hasOwn(options, name);
}

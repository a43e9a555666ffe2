import { z } from 'zod';
import type { ErrorCode } from '../../../errors.ts';
import type { OwnedView } from '../../api/owned.ts';

/** What is wrong with a request for a record that belongs to its caller. */
export const OWNED_PROBLEMS: ErrorCode[] = ['unauthorized', 'not_found', 'precondition_failed', 'queue_unavailable'];

/** And with one that puts it. */
export const PUT_PROBLEMS: ErrorCode[] = [
  'invalid_request',
  'unauthorized',
  'forbidden',
  'request_timeout',
  'conflict',
  'precondition_failed',
  'payload_too_large',
  'unsupported_media_type',
  'queue_unavailable',
];

/** What every such record shows. */
export const OWNED_FIELDS = {
  name: z.string(),
  version: z.number().int().meta({ description: 'Counts up with each change, from 1.' }),
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime().meta({ description: 'When this version was made.' }),
} satisfies Record<keyof OwnedView, z.ZodType>;

import type { Request } from 'express';
import { AppError } from '../../../errors.ts';

/** Throws unsupported_media_type for a body that was compressed on its way: what is kept are the bytes that came. */
export function assertPlainBody(req: Request, what: string): void {
  const content = req.get('content-encoding') ?? 'identity';
  if (content.toLowerCase() !== 'identity') {
    throw new AppError('unsupported_media_type', `The body must be ${what}, without a Content-Encoding.`);
  }
  const transfer = req.get('transfer-encoding') ?? 'chunked';
  if (transfer.toLowerCase() !== 'chunked') {
    throw new AppError('unsupported_media_type', `The body must be ${what}, without a Transfer-Encoding but chunked.`);
  }
}

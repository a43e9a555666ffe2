import type { RequestHandler } from 'express';
import { AppError } from '../../../../errors.ts';
import type { BodyWay } from '../../../../jobs/body-ways.ts';
import { JSON_TYPES } from '../../json-body.ts';

/** Makes what throws unsupported_media_type for a body of another sort than the address is for. */
export function assertWay(way: BodyWay): RequestHandler {
  return (req, _res, next) => {
    const sent: BodyWay = req.is('multipart/form-data') ? 'form' : req.is(JSON_TYPES) ? 'json' : 'raw';
    if (sent === way) return next();
    const wanted = { json: 'application/json', form: 'multipart/form-data', raw: 'that of the file' }[way];
    throw new AppError('unsupported_media_type', `The Content-Type must be ${wanted}.`);
  };
}

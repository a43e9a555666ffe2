import { AppError } from '../../errors.ts';

/** Makes the refusal of an upload token that does not hold (any more). */
export const tokenExpired = (): AppError =>
  new AppError('token_expired', 'The upload token is not known, has expired or was ended. Ask for another one.');

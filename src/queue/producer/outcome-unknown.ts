import { AppError } from '../../errors.ts';

/** An action was sent to Redis and not answered: nobody knows yet whether it was done. `job` is the id it is about. */
export class OutcomeUnknown extends AppError {
  constructor(message: string, job?: string) {
    super('outcome_unknown', message, { retryAfterSeconds: 5, ...(job === undefined ? {} : { job }) });
  }
}

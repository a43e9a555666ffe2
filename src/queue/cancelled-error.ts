import { AppError } from '../errors.ts';

/** The error of a job that was cancelled. */
export const cancelledError = (): AppError => new AppError('cancelled', 'The job was cancelled.');

import type { JobContract } from '../../jobs/contract.ts';
import type { Envelope } from '../../jobs/options/options.ts';

/** A completed job keeps an input of this size, so that pages show what was asked for. */
const KEPT_INPUT_BYTES = 512;

/**
 * The envelope that a job keeps once it has completed: without an input that nobody needs any more. Null where it keeps
 * all of it: the input is small, or lies in storage, or a form shows it again, or the kind runs completed jobs again, or those
 * with such a result.
 */
export function envelopeToKeep(
  envelope: Envelope,
  { retryCompleted, isInDoubt }: Pick<JobContract, 'retryCompleted' | 'isInDoubt'>,
  result?: unknown,
): Envelope | null {
  if (retryCompleted || isInDoubt?.(result) || envelope.inputFile || envelope.byForm || !envelope.input) return null;
  if (Buffer.byteLength(JSON.stringify(envelope.input)) <= KEPT_INPUT_BYTES) return null;
  const { brand: _brand, ...rest } = envelope;
  return { ...rest, input: null, inputDropped: true };
}

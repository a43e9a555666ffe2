import type { JobContract } from '../../jobs/contract.ts';
import type { Envelope } from '../../jobs/options.ts';
import type { Redis } from '../../redis/connect.ts';
import { jobKey } from '../../redis/keys.ts';
import { keepEnvelopeScript } from '../scripts/runs/keep-envelope.ts';

/** A completed job keeps an input of this size, so that pages show what was asked for. */
const KEPT_INPUT_BYTES = 512;

/**
 * The envelope that a job keeps once it has completed: without an input that nobody needs any more. Null where it keeps
 * all of it: the input is small, or lies in storage, or the kind runs completed jobs again.
 */
export function envelopeToKeep(envelope: Envelope, { retryCompleted }: JobContract): Envelope | null {
  if (retryCompleted || envelope.inputFile || !envelope.input) return null;
  if (Buffer.byteLength(JSON.stringify(envelope.input)) <= KEPT_INPUT_BYTES) return null;
  return { ...envelope, input: null, inputDropped: true };
}

/**
 * Writes what the job keeps beside its data; Bull's script puts it in the place of that when it marks the job as
 * completed (`worker/free-memory.ts`). A run that dies in between leaves the data whole. Rejects as Redis does.
 */
export async function prepareEnvelope(
  redis: Redis,
  contract: JobContract,
  id: string,
  envelope: Envelope,
): Promise<void> {
  const kept = envelopeToKeep(envelope, contract);
  if (kept) await keepEnvelopeScript(redis, [jobKey(contract.kind, id)], [JSON.stringify(kept)]);
}

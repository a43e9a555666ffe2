import { createScript } from '../../../redis/script.ts';

/**
 * Writes the envelope that a job keeps when it completes.
 * KEYS: job. ARGV: the envelope. Answers 1, or 0 for a job that is gone.
 */
export const keepEnvelopeScript = createScript(
  'heavyliftKeepEnvelope',
  1,
  `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'kept', ARGV[1])
return 1`,
  { atFullMemory: true },
);

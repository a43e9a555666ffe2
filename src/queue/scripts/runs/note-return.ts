import { createScript } from '../../../redis/script.ts';

/**
 * Notes that the worker of a run that lost its job is alive: a death that was counted for that run is taken back.
 * KEYS: job. ARGV: run, 1 when the worker stood still.
 * Answers 1, or 0 when the job is gone.
 */
export const noteReturnScript = createScript(
  'heavyliftNoteReturn',
  1,
  `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local lost = redis.call('HGET', KEYS[1], 'lost') or ''
local first, last = string.find(lost, ARGV[1] .. ' ', 1, true)
if first then
  redis.call('HSET', KEYS[1], 'lost', string.sub(lost, 1, first - 1) .. string.sub(lost, last + 1))
  redis.call('HINCRBY', KEYS[1], 'crashes', -1)
end
if ARGV[2] == '1' then redis.call('HINCRBY', KEYS[1], 'stalls', 1) end
return 1`,
  { atFullMemory: true },
);

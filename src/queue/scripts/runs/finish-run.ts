import { createScript } from '../../../redis/script.ts';
import { USAGE } from '../usage.ts';

/**
 * Finishes a run that did not complete its job, before Bull moves the job on.
 * KEYS: job, cancelled, usage. ARGV: run, 1 when it uses up an attempt, 1 when it is the job's last, id, the error to keep until
 * the end or '', what the job waits on or '', 1 when its files go with its end.
 * Answers 1, 2 when the job was cancelled meanwhile, or 0, nothing written, when another run owns it by now.
 * A worker that dies before Bull has marked the job repeats the last run: `final` keeps that from counting twice.
 */
export const finishRunScript = createScript(
  'heavyliftFinishRun',
  3,
  `
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'run', 'begun', 'waitingOn')
local cancelled = redis.call('HEXISTS', KEYS[1], 'cancel')
if ARGV[2] == '1' then
  if redis.call('HDEL', KEYS[1], 'final') == 0 then redis.call('HINCRBY', KEYS[1], 'runs', 1) end
  if ARGV[3] == '1' or cancelled == 1 then redis.call('HSET', KEYS[1], 'final', 1) end
end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'lastError', ARGV[5]) end
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'waitingOn', ARGV[6]) end
if cancelled == 1 then redis.call('SADD', KEYS[2], ARGV[4]) end
if ARGV[3] == '1' or cancelled == 1 then
  ${USAGE}
  changeUsage(KEYS[1], KEYS[3], 0, ARGV[7] == '1' and 0 or nil)
end
return cancelled + 1`,
  { atFullMemory: true },
);

import { createScript, NOW } from '../../../redis/script.ts';
import { HISTORY } from '../history.ts';
import { TIMELINE } from '../timeline.ts';
import { USAGE } from '../usage.ts';

/**
 * Finishes a run that did not complete its job, before Bull moves the job on.
 * KEYS: job, cancelled, usage, history. ARGV: run, 1 when it uses up an attempt, 1 when it is the job's last, id, the error to keep until
 * the end or '', what the job waits on or '', 1 when its files go with its end, the error's code, the run's entry in the timeline as JSON.
 * Answers 1, 2 when the job was cancelled meanwhile, or 0, nothing written, when another run owns it by now.
 * A worker that dies before Bull has marked the job repeats the last run: `final` keeps that from counting twice.
 */
export const finishRunScript = createScript(
  'heavyliftFinishRun',
  4,
  `
local stored = redis.call('HMGET', KEYS[1], 'run', 'processedOn', 'timestamp', 'entered', 'waited')
if stored[1] ~= ARGV[1] then return 0 end
${NOW}
${USAGE}${HISTORY}${TIMELINE}
redis.call('HDEL', KEYS[1], 'run', 'begun', 'waitingOn')
local cancelled = redis.call('HEXISTS', KEYS[1], 'cancel')
if ARGV[2] == '1' then
  if redis.call('HDEL', KEYS[1], 'final') == 0 then redis.call('HINCRBY', KEYS[1], 'runs', 1) end
  if ARGV[3] == '1' or cancelled == 1 then redis.call('HSET', KEYS[1], 'final', 1) end
end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'lastError', ARGV[5]) end
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'waitingOn', ARGV[6]) end
if cancelled == 1 then redis.call('SADD', KEYS[2], ARGV[4]) end
local code = cancelled == 1 and 'cancelled' or ARGV[8]
local entry = cjson.decode(ARGV[9])
entry.code, entry.began = code, tonumber(stored[2])
noteTimeline(KEYS[1], entry)
noteRun(stored[2], ARGV[2] == '1' and code ~= 'cancelled', unpack(stored, 3, 5))
if not stored[5] then redis.call('HSET', KEYS[1], 'waited', 1) end
if ARGV[3] == '1' or cancelled == 1 then
  -- It has ended once, also where it runs again since Bull did not come to mark it.
  if usageOf(KEYS[1]) ~= 0 then
    note(code == 'cancelled' and code or 'failed:' .. code, 1)
    if code ~= 'cancelled' then redis.pcall('HSET', KEYS[4] .. ':samples', code, ARGV[4]) end
  end
  changeUsage(KEYS[1], KEYS[3], 0, ARGV[7] == '1' and 0 or nil)
else
  note('back:' .. code, 1)
end
writeHistory(KEYS[4])
return cancelled + 1`,
  { atFullMemory: true },
);

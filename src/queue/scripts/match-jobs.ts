import { createScript } from '../../redis/script.ts';

/**
 * Tells which of some jobs are in one of the states, and ended with that error where one is asked for.
 * KEYS: completed, failed, delayed, active, a tag's index (any key without a tag).
 * ARGV: what the keys of jobs begin with, the states (`,waiting,delayed,`), error code or '', 1 with a tag, then the ids.
 * Answers their ids. A job is read by its place alone, and by the reason of its failure: none of its input is.
 */
export const matchJobsScript = createScript(
  'heavyliftMatchJobs',
  5,
  `
local states, code = ARGV[2], ARGV[3]
local active, found = {}, {}
for _, id in ipairs(redis.call('LRANGE', KEYS[4], 0, -1)) do active[id] = true end
for index = 5, #ARGV do
  local id, state, ended = ARGV[index], nil, ''
  if redis.call('ZSCORE', KEYS[1], id) then state = 'completed'
  elseif redis.call('ZSCORE', KEYS[2], id) then
    local read, problem = pcall(cjson.decode, redis.call('HGET', ARGV[1] .. id, 'failedReason') or '')
    ended = read and type(problem) == 'table' and problem.code or 'internal'
    state = ended == 'cancelled' and 'cancelled' or 'failed'
  elseif redis.call('ZSCORE', KEYS[3], id) then state = 'delayed'
  elseif active[id] then state = 'active'
  elseif redis.call('EXISTS', ARGV[1] .. id) == 1 then state = 'waiting' end
  if state and string.find(states, ',' .. state .. ',', 1, true) and (code == '' or code == ended)
    and (ARGV[4] ~= '1' or redis.call('ZSCORE', KEYS[5], id)) then
    found[#found + 1] = id
  end
end
return found`,
);

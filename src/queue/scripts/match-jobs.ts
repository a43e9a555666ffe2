import { createScript } from '../../redis/script.ts';

/**
 * What both scripts begin with.
 * KEYS: completed, failed, delayed, active, a tag's index (any key without a tag).
 * ARGV: what the keys of jobs begin with, the states (`,waiting,delayed,`) or '' for any, error code or '', 1 with a tag, the
 * words in lower case (`search-text.ts`) or ''.
 * A job is read by its place alone, by the reason of its failure and, for words, by the few short texts that it is found by: none
 * of its input is.
 */
const MATCH = `
local states, code, words = ARGV[2], ARGV[3], {}
for word in string.gmatch(ARGV[5], '%S+') do words[#words + 1] = word end
local active
local function isActive(id)
  if not active then
    active = {}
    for _, one in ipairs(redis.call('LRANGE', KEYS[4], 0, -1)) do active[one] = true end
  end
  return active[id]
end
local function problemIn(text)
  local isRead, problem = pcall(cjson.decode, text or '')
  return isRead and type(problem) == 'table' and problem or {}
end
local function hasAll(text)
  for _, word in ipairs(words) do
    if not string.find(text, word, 1, true) then return false end
  end
  return true
end
local function hasWords(id)
  local values = redis.pcall('HMGET', ARGV[1] .. id, 'caller', 'text', 'failedReason', 'lastError')
  if values.err then values = {} end
  local text = id .. ' ' .. string.lower(values[1] or '') .. ' ' .. (values[2] or '')
  local reason = values[3] or values[4]
  if not reason then return hasAll(text) end
  local problem = problemIn(reason)
  return hasAll(text .. ' ' .. tostring(problem.code or '') .. ' ' .. string.lower(tostring(problem.detail or '')))
end
-- Nil for one that is gone.
local function stateOf(id)
  if redis.call('ZSCORE', KEYS[1], id) then return 'completed', '' end
  if redis.call('ZSCORE', KEYS[2], id) then
    local ended = problemIn(redis.call('HGET', ARGV[1] .. id, 'failedReason')).code or 'internal'
    return ended == 'cancelled' and 'cancelled' or 'failed', ended
  end
  if redis.call('ZSCORE', KEYS[3], id) then return 'delayed', '' end
  if isActive(id) then return 'active', '' end
  return redis.call('EXISTS', ARGV[1] .. id) == 1 and 'waiting' or nil, ''
end
local function matches(id)
  if ARGV[4] == '1' and not redis.call('ZSCORE', KEYS[5], id) then return false end
  if #words > 0 and not hasWords(id) then return false end
  if states == '' and code == '' then return true end
  local state, ended = stateOf(id)
  return state and (states == '' or string.find(states, ',' .. state .. ',', 1, true)) and (code == '' or code == ended)
end
`;

/** Tells which of some jobs match. ARGV: further the ids. Answers their ids. */
export const matchJobsScript = createScript(
  'heavyliftMatchJobs',
  5,
  `${MATCH}
local found = {}
for index = 6, #ARGV do
  if matches(ARGV[index]) then found[#found + 1] = ARGV[index] end
end
return found`,
);

/**
 * Walks an index of jobs, newest first, and finds those that match.
 * KEYS: further the index. ARGV: further the highest and the lowest score, the id behind which it begins at the highest one (or
 * ''), how many jobs it looks at, how many are wanted.
 * Answers [1 when there may be more, the score and the id of the last that it looked at ('' for none), id, score, ...].
 */
export const walkJobsScript = createScript(
  'heavyliftWalkJobs',
  6,
  `${MATCH}
local highest, after, most, wanted = ARGV[6], ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10])
local answer, offset, looked = {1, '', ''}, 0, 0
while looked < most do
  local count = most - looked
  local page = redis.call('ZREVRANGEBYSCORE', KEYS[6], highest, ARGV[7], 'WITHSCORES', 'LIMIT', offset, count)
  for index = 1, #page, 2 do
    local id, score = page[index], page[index + 1]
    -- Those of one millisecond stand in descending order: the ones up to where it begins were looked at.
    if after == '' or tonumber(score) ~= tonumber(highest) or id < after then
      looked, answer[2], answer[3] = looked + 1, score, id
      if matches(id) then
        answer[#answer + 1], answer[#answer + 2] = id, score
        if (#answer - 3) / 2 >= wanted then return answer end
      end
    end
  end
  if #page < 2 * count then
    answer[1] = 0
    break
  end
  offset = offset + count
end
return answer`,
);

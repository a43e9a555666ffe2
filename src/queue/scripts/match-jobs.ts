import { createScript } from '../../redis/script.ts';

/** A walk ends its step after so many ms of work, at the end of a page. */
const WORKS_MS = 5;
/** Entries of an index in a page. */
const READ_AT_ONCE = 200;

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
local has, lower, lowered = string.find, string.lower, {}
local function hasWords(id)
  local values = redis.pcall('HMGET', ARGV[1] .. id, 'text', 'caller', 'failedReason', 'lastError')
  if values.err then values = {} end
  local text, caller, reason = values[1] or '', values[2] or '', values[3] or values[4]
  if not lowered[caller] then lowered[caller] = lower(caller) end
  caller = lowered[caller]
  local fault
  -- A word has no spaces, so that it stands in one of them alone; what most words are found in comes first.
  for _, word in ipairs(words) do
    if not (has(text, word, 1, true) or has(id, word, 1, true) or has(caller, word, 1, true)) then
      if not reason then return false end
      if not fault then
        local problem = problemIn(reason)
        fault = tostring(problem.code or '') .. ' ' .. lower(tostring(problem.detail or ''))
      end
      if not has(fault, word, 1, true) then return false end
    end
  end
  return true
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
 * Walks an index of jobs, newest first, and finds those that match; for a few milliseconds at most.
 * KEYS: further the index. ARGV: further the highest and the lowest score, the id behind which it begins at the highest one (or
 * ''), how many jobs it looks at, how many are wanted.
 * Answers [1 when there may be more, the score and the id of the last that it looked at ('' for none), how many milliseconds it
 * worked, id, score, ...].
 */
export const walkJobsScript = createScript(
  'heavyliftWalkJobs',
  6,
  `${MATCH}
local highest, after, most, wanted = ARGV[6], ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10])
local answer, offset, looked = {1, '', '', 0}, 0, 0
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + time[2] / 1000
end
local begun = clock()
local function walk()
  while looked < most do
    local count = math.min(most - looked, ${READ_AT_ONCE})
    local page = redis.call('ZREVRANGEBYSCORE', KEYS[6], highest, ARGV[7], 'WITHSCORES', 'LIMIT', offset, count)
    for index = 1, #page, 2 do
      local id, score = page[index], page[index + 1]
      -- Those of one millisecond stand in descending order: the ones up to where it begins were looked at.
      if after == '' or tonumber(score) ~= tonumber(highest) or id < after then
        looked, answer[2], answer[3] = looked + 1, score, id
        if matches(id) then
          answer[#answer + 1], answer[#answer + 2] = id, score
          if (#answer - 4) / 2 >= wanted then return end
        end
      end
    end
    if #page < 2 * count then
      answer[1] = 0
      return
    end
    offset = offset + count
    if looked > 0 and clock() - begun > ${WORKS_MS} then return end
  end
end
walk()
answer[4] = math.ceil(clock() - begun)
return answer`,
);

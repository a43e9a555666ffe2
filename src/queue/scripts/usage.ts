/**
 * The beginning of a script that changes what a job counts for. Each job's hash has the field `usage`: 1 until the job
 * has ended, its bytes in Redis, those of its input in storage, all its bytes in storage, its caller, with a blank
 * between. The kind's usage hash has the sums by caller: jobs, Redis, inputs, storage, and how often they were changed.
 * A job's field and its caller's sums change together, so that nothing counts twice, however often a script runs.
 */
export const USAGE = `
local function sumsOf(sums, caller)
  local text = redis.call('HGET', sums, caller) or ''
  local jobs, bytes, input, stored, changes = string.match(text, '^(%d+) (%d+) (%d+) (%d+) (%d+)$')
  return tonumber(jobs) or 0, tonumber(bytes) or 0, tonumber(input) or 0, tonumber(stored) or 0, tonumber(changes) or 0
end
local function addToSums(sums, caller, jobs, bytes, input, stored)
  local a, b, c, d, changes = sumsOf(sums, caller)
  local now = {a + jobs, b + bytes, c + input, d + stored, changes + 1}
  for index = 1, 5 do now[index] = string.format('%d', math.max(0, now[index])) end
  redis.call('HSET', sums, caller, table.concat(now, ' '))
end
local function usageOf(job)
  local text = redis.pcall('HGET', job, 'usage')
  -- Not a text: it has none, or the record is damaged.
  if type(text) ~= 'string' then text = '' end
  local waits, bytes, input, stored, caller = string.match(text, '^([01]) (%d+) (%d+) (%d+) (.+)$')
  return tonumber(waits), tonumber(bytes), tonumber(input), tonumber(stored), caller
end
local function writeUsage(job, sums, caller, new, old)
  redis.call('HSET', job, 'usage', string.format('%d %d %d %d %s', new[1], new[2], new[3], new[4], caller))
  addToSums(
    sums, caller, new[1] - old[1], new[1] * new[2] - old[1] * old[2], new[1] * new[3] - old[1] * old[3], new[4] - old[4]
  )
end
local function setUsage(job, sums, caller, waits, bytes, input, stored)
  local waited, oldBytes, oldInput, oldStored = usageOf(job)
  local old = {waited or 0, oldBytes or 0, oldInput or 0, oldStored or 0}
  writeUsage(job, sums, caller, {waits, bytes, input, stored}, old)
end
-- Nil for stored: as it is; else it is changed by added. A job of an earlier version counts for nothing until the janitor
-- has counted it.
local function changeUsage(job, sums, waits, stored, added)
  local waited, bytes, input, was, caller = usageOf(job)
  if not waited then return end
  stored = (stored or was) + (waits ~= waited and added or 0)
  if waits == waited and stored == was then return end
  writeUsage(job, sums, caller, {waits, bytes, input, stored}, {waited, bytes, input, was})
end`;

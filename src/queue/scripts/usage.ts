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
local function changeSums(sums, caller, old, added)
  local now = {old[1] + added[1], old[2] + added[2], old[3] + added[3], old[4] + added[4], old[5] + 1}
  for index = 1, 5 do now[index] = string.format('%d', math.max(0, now[index])) end
  redis.call('HSET', sums, caller, table.concat(now, ' '))
end
local function readUsage(text)
  -- Not a text: it has none, or the record is damaged.
  if type(text) ~= 'string' then text = '' end
  local waits, bytes, input, stored, caller = string.match(text, '^([01]) (%d+) (%d+) (%d+) (.+)$')
  return tonumber(waits), tonumber(bytes), tonumber(input), tonumber(stored), caller
end
local function usageOf(job) return readUsage(redis.pcall('HGET', job, 'usage')) end
local function textOf(caller, usage)
  return string.format('%d %d %d %d %s', usage[1], usage[2], usage[3], usage[4], caller)
end
local function writeUsage(job, sums, caller, new, old)
  redis.call('HSET', job, 'usage', textOf(caller, new))
  changeSums(sums, caller, {sumsOf(sums, caller)}, {
    new[1] - old[1], new[1] * new[2] - old[1] * old[2], new[1] * new[3] - old[1] * old[3], new[4] - old[4]
  })
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

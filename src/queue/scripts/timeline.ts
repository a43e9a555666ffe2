/** So many of a job's first runs are kept in its timeline, */
const FIRST = 5;
/** and so many of its last ones. */
const LAST = 20;

/**
 * `noteTimeline(job, entry)` adds to a job's timeline, the field `timeline` of its hash: an entry of `jobs/timeline.ts` for each
 * run that did not complete the job, and for each time that it was run again. What comes again and again, such as a mail that waits
 * for its relay, is one entry with how often; of many entries those in the middle are only counted. Wants `now`.
 */
export const TIMELINE = `
local function noteTimeline(job, entry)
  local stored = redis.call('HGET', job, 'timeline')
  local isRead, entries = pcall(cjson.decode, stored or '[]')
  if not isRead or type(entries) ~= 'table' then entries = {} end
  entry.at = now
  local last = entries[#entries]
  if last and last.code == entry.code and last.run == entry.run and not last.used and not entry.used then
    entry.times = (last.times or 1) + 1
    entry.began = last.began
    entries[#entries] = entry
  else
    entries[#entries + 1] = entry
  end
  if #entries > ${FIRST + LAST + 1} then
    local gap = entries[${FIRST + 1}]
    if gap.code ~= 'left_out' then
      gap = {code = 'left_out', times = 0, at = gap.at}
      table.insert(entries, ${FIRST + 1}, gap)
    end
    while #entries > ${FIRST + LAST + 1} do
      table.remove(entries, ${FIRST + 2})
      gap.times = gap.times + 1
    end
  end
  redis.call('HSET', job, 'timeline', cjson.encode(entries))
end
`;

/** `noteDeath(job, run)` adds that the worker of a run has died, by the run's name (`<worker>/<time>`). Wants `now`. */
export const DEATH = `${TIMELINE}
local function noteDeath(job, run)
  local began = redis.call('HGET', job, 'processedOn')
  noteTimeline(job, {code = 'worker_died', used = true, began = tonumber(began), by = string.match(run, '^[^:/]+:([^:/]+):')})
end
`;

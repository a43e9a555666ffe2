import { createScript } from '../../../redis/script.ts';
import { CLAIM_FIELDS, toLuaArguments } from '../../job-fields.ts';

/**
 * `claim` claims a job for a new run: see `claimRunScript`, which answers as it does. `processedOn` is written along, or nil;
 * so it is for a job that is not claimed. False for a damaged record.
 */
export const CLAIM = `
local function claim(job, run, mayStart, deaths, processedOn)
  local old = redis.pcall('HMGET', job, ${toLuaArguments([...CLAIM_FIELDS, 'waits', 'fetching'])})
  if old.err then return false end
  if processedOn and old[11] then redis.call('HDEL', job, 'fetching') end
  if old[1] and old[2] and deaths == '' then
    if processedOn then redis.call('HSET', job, 'processedOn', processedOn) end
    return nil
  end
  old[4] = (tonumber(old[4]) or 0) + (tonumber(deaths) or 0)
  local starts = mayStart == '1' and old[4] == 0 and not old[9] and not old[5]
  local changes = {'run', run, 'crashes', old[4], 'progress', '0'}
  local function change(name, value) changes[#changes + 1], changes[#changes + 2] = name, value end
  if processedOn then change('processedOn', processedOn) end
  if starts then change('begun', 1) end
  if deaths == '1' and old[1] then change('lost', (redis.call('HGET', job, 'lost') or '') .. old[1] .. ' ') end
  redis.call('HSET', job, unpack(changes))
  if old[10] then redis.call('HDEL', job, 'waits') end
  if old[2] and not starts then redis.call('HDEL', job, 'begun') end
  return {starts and 1 or 0, unpack(old, 3, 9)}
end
`;

/**
 * Claims a job for a new run.
 * KEYS: job. ARGV: run, 1 when it may start at once, deaths to add or '' where an open run's death is not known.
 * Answers nil, nothing written, when that death is to be found out first, else [1 when the run has started, runs,
 * crashes, cancel, retries, final, retriedAt, stalls].
 */
export const claimRunScript = createScript(
  'heavyliftClaimRun',
  1,
  `${CLAIM}
return claim(KEYS[1], ARGV[1], ARGV[2], ARGV[3])`,
  { atFullMemory: true },
);

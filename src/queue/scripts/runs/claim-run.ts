import { createScript, NOW } from '../../../redis/script.ts';
import { CLAIM_FIELDS, toLuaArguments } from '../../read/job-fields.ts';
import { DEATH } from '../timeline.ts';

/** The fields that `claim` is given the values of, in its order; false for one that is not there. */
const OLD_FIELDS = toLuaArguments([...CLAIM_FIELDS, 'waits', 'fetching']);

/**
 * `claim` claims a job for a new run: see `claimRunScript`, which answers as it does. `old` are the values of
 * `CLAIM_FIELDS_READ`. `processedOn` is written along, or nil; so it is for a job that is not claimed. Its second answer is what
 * has changed in the job's hash, names and values in turn; '' for a field that is gone and would be asked for.
 */
export const CLAIM = `${DEATH}
local CLAIM_FIELDS_READ = {${OLD_FIELDS}}
local function claim(job, old, run, mayStart, deaths, processedOn)
  local changes = {}
  local function change(name, value) changes[#changes + 1], changes[#changes + 2] = name, value end
  if processedOn then change('processedOn', processedOn) end
  if processedOn and old[11] then redis.call('HDEL', job, 'fetching') end
  if old[1] and old[2] and deaths == '' then
    if processedOn then redis.call('HSET', job, unpack(changes)) end
    return nil, changes
  end
  old[4] = (tonumber(old[4]) or 0) + (tonumber(deaths) or 0)
  local starts = mayStart == '1' and old[4] == 0 and not old[9] and not old[5]
  change('run', run)
  change('crashes', old[4])
  change('progress', '0')
  if starts then change('begun', 1) end
  if deaths == '1' and old[1] then noteDeath(job, old[1]) end
  if deaths == '1' and old[1] then change('lost', (redis.call('HGET', job, 'lost') or '') .. old[1] .. ' ') end
  redis.call('HSET', job, unpack(changes))
  if old[10] then redis.call('HDEL', job, 'waits') end
  if old[2] and not starts then
    redis.call('HDEL', job, 'begun')
    change('begun', '')
  end
  return {starts and 1 or 0, unpack(old, 3, 9)}, changes
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
  `${NOW}${CLAIM}
return (claim(KEYS[1], redis.call('HMGET', KEYS[1], unpack(CLAIM_FIELDS_READ)), ARGV[1], ARGV[2], ARGV[3]))`,
  { atFullMemory: true },
);

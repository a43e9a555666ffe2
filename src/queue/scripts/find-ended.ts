import { createScript } from '../../redis/script.ts';

/**
 * Finds a caller's jobs among those that have ended.
 * KEYS: an ended set, the caller's index. ARGV: first and last rank to look at, how many are wanted.
 * Answers [id, when it ended, id, ...], the one that ended first at the front.
 */
export const findEndedScript = createScript(
  'heavyliftFindEnded',
  2,
  `
local page = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES')
local found, wanted = {}, 2 * ARGV[3]
for index = 1, #page, 2 do
  if #found >= wanted then break end
  if redis.call('ZSCORE', KEYS[2], page[index]) then
    found[#found + 1] = page[index]
    found[#found + 1] = page[index + 1]
  end
end
return found`,
);

import { createScript } from '../../redis/script.ts';
import { ALL_STREAMS } from '../record.ts';

/** A person who left this many streams gets a last entry, for all of them. */
const MAX_STREAMS = 100;
/** Addresses on the list; each takes about 300 bytes of Redis. */
export const MAX_ADDRESSES = 1_000_000;

/**
 * Adds entries; unless forced, a bounce or complaint is replaced by another such only.
 * KEYS: 1 the records, 2 their members by the newest entry. ARGV: 1 `1` to force; then member, stream and entry of
 * each.
 * Returns for each a record with its stream's entry as it stands then; nil when the list is full, and nothing was
 * added.
 */
export const addScript = createScript(
  'heavyliftSuppress',
  2,
  `
local force, answer = ARGV[1] == '1', {}
local protected = { bounce = true, complaint = true }
if redis.call('HLEN', KEYS[1]) >= ${MAX_ADDRESSES} then return false end
for i = 2, #ARGV, 3 do
  local member, stream, entry = ARGV[i], ARGV[i + 1], cjson.decode(ARGV[i + 2])
  local record = cjson.decode(redis.call('HGET', KEYS[1], member) or '{}')
  local count = 0
  for _ in pairs(record) do count = count + 1 end
  if not record[stream] and count >= ${MAX_STREAMS} then stream = '${ALL_STREAMS}' end
  local old = record[stream]
  if force or not old or protected[entry[1]] or not protected[old[1]] then
    record[stream] = entry
    redis.call('HSET', KEYS[1], member, cjson.encode(record))
    local newest = 0
    for _, one in pairs(record) do newest = math.max(newest, one[3]) end
    redis.call('ZADD', KEYS[2], newest, member)
  end
  answer[#answer + 1] = cjson.encode({ [stream] = record[stream] })
end
return answer`,
);

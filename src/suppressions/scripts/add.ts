import { createScript } from '../../redis/script.ts';
import { ALL_STREAMS } from '../record.ts';

/** A person who left this many streams gets a last entry, for all of them. */
const MAX_STREAMS = 100;
/** Addresses on the list; each takes about 300 bytes of Redis. */
export const MAX_ADDRESSES = 1_000_000;
/** What a full list still takes: people who leave or complain must not get the next mail. */
const HEADROOM = 100_000;

/**
 * Adds entries; unless forced, a bounce or complaint is replaced by another such only, and what a link enters replaces
 * only what a link entered. Addresses that are on the list have their room; people who leave or complain have some more.
 * KEYS: 1 the records, 2 their members by the newest entry, 3 how many of them each caller has. ARGV: 1 `1` to force,
 * 2 the caller whose share of the list binds ('': none's does); then member, stream, entry and owner of each.
 * Returns for each a record with its stream's entry as it stands then; else nothing was added: 0 when the list is full,
 * -1 when the caller's share is.
 */
export const addScript = createScript(
  'heavyliftSuppress',
  3,
  `
local force, bound, answer = ARGV[1] == '1', ARGV[2], {}
local protected = { bounce = true, complaint = true }
local urgent = { unsubscribe = true, complaint = true }
local total = redis.call('HLEN', KEYS[1])
local grows, limit = false, ${MAX_ADDRESSES + HEADROOM}
if total >= ${MAX_ADDRESSES} or bound ~= '' then
  for i = 3, #ARGV, 4 do
    if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 0 then
      grows = true
      if not urgent[cjson.decode(ARGV[i + 2])[1]] then limit = ${MAX_ADDRESSES} end
    end
  end
end
if grows and total >= limit then return 0 end
if grows and bound ~= '' then
  local own = tonumber(redis.call('HGET', KEYS[3], bound) or 0)
  if own >= (${MAX_ADDRESSES} - math.max(0, total - own)) / 2 then return -1 end
end
for i = 3, #ARGV, 4 do
  local member, stream, entry = ARGV[i], ARGV[i + 1], cjson.decode(ARGV[i + 2])
  local record = cjson.decode(redis.call('HGET', KEYS[1], member) or '{}')
  local count = 0
  for _ in pairs(record) do count = count + 1 end
  if not record[stream] and count >= ${MAX_STREAMS} then stream = '${ALL_STREAMS}' end
  local old = record[stream]
  local isOthers = entry[4] and old and not old[4]
  if force or not old or protected[entry[1]] or not (protected[old[1]] or isOthers) then
    record[stream] = entry
    local isNew = redis.call('HSET', KEYS[1], member, cjson.encode(record)) == 1
    if isNew and ARGV[i + 3] ~= '' then redis.call('HINCRBY', KEYS[3], ARGV[i + 3], 1) end
    local newest = 0
    for _, one in pairs(record) do newest = math.max(newest, one[3]) end
    redis.call('ZADD', KEYS[2], newest, member)
  end
  answer[#answer + 1] = cjson.encode({ [stream] = record[stream] })
end
return answer`,
);

import { MAKE_ROOM } from '../redis/make-room.ts';
import { createScript } from '../redis/script.ts';

// KEYS of both scripts: 1 the places taken of a host, 2 of one receiver on it, 3 of all hosts (each scored by when it
// ends at the latest, ms), 4 the host's failures and rest, 5 the jobs that wait for the host.

/**
 * Takes a place for a job, unless its host rests or has its share.
 * ARGV: 1 now, 2 the job's id, 3 when its place ends (ms), 4 places of all workers, 5 failures until rest, 6 how long
 * a rest is kept from others by the attempt that ends it (ms), 7 `1` to take a place in any case, 8 when to forget (ms),
 * 9 the share of a host, 10 up to how many places of a host a receiver gets its first.
 * Returns what keeps it (`in` for nothing, `rest`, `full`) and for how many milliseconds, or behind how many.
 * Beyond its share a host has places only while half of all are free: one that hangs leaves the others to the rest.
 */
export const enterHostScript = createScript(
  'heavyliftEnterHost',
  5,
  `
local now, id, force = tonumber(ARGV[1]), ARGV[2], ARGV[7] == '1'
local function taken(key)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  return redis.call('ZCARD', key) - (redis.call('ZSCORE', key, id) and 1 or 0)
end
local function wait()
  redis.call('ZADD', KEYS[5], 'NX', now, id)
  redis.call('PEXPIRE', KEYS[5], ARGV[8])
end
local host, receiver, all = taken(KEYS[1]), taken(KEYS[2]), taken(KEYS[3])
if tonumber(redis.call('HGET', KEYS[4], 'failures') or 0) >= tonumber(ARGV[5]) then
  local left = tonumber(redis.call('HGET', KEYS[4], 'until') or 0) - now
  if left > 0 and not force then
    wait()
    return {'rest', left}
  end
  redis.call('HSET', KEYS[4], 'until', now + ARGV[6], 'probe', id)
elseif not force then
  local share = receiver == 0 and tonumber(ARGV[10]) or tonumber(ARGV[9])
  if host >= share and all >= ARGV[4] / 2 then
    wait()
    return {'full', redis.call('ZCARD', KEYS[5])}
  end
end
redis.call('ZREM', KEYS[5], id)
for i = 1, 3 do
  redis.call('ZADD', KEYS[i], ARGV[3], id)
  redis.call('PEXPIRE', KEYS[i], ARGV[8])
end
return {'in', 0}`,
);

/**
 * Gives a place back, counts how its attempt went, and promotes those that wait for the host and have room now.
 * KEYS: 6 the delayed jobs of the kind, 7 the hosts that fail, 8 when any host has taken something last (ms). ARGV: 1 now, 2 the
 * job's id, 3 how it went (`answered`, `failed`, `stopped`), 4 places of all workers, 5 failures until rest, 6 first and 7
 * longest rest (ms), 8 when to forget (ms), 9 the share of a host, 10 the beginning of the jobs' keys, 11 the host as it is
 * shown, empty for not at all, 12 how the attempt failed, empty where it did not, 13 how many hosts that fail are kept, 14 the
 * job's caller; none is kept where several have failed there. Where all are kept already, the caller with the most gives way to one
 * with fewer: its host that has failed for the shortest time is not shown any more.
 * A failure while the host rests had begun before and is not counted, unless it is that of the attempt that was to end
 * the rest.
 */
export const leaveHostScript = createScript(
  'heavyliftLeaveHost',
  8,
  `${MAKE_ROOM}
local now, id, outcome = tonumber(ARGV[1]), ARGV[2], ARGV[3]
for i = 1, 3 do redis.call('ZREM', KEYS[i], id) end
if ARGV[11] ~= '' and outcome ~= 'stopped' then
  local known = redis.call('HGET', KEYS[7], ARGV[11])
  if ARGV[12] == '' then
    if known then redis.call('HDEL', KEYS[7], ARGV[11]) end
    redis.call('SET', KEYS[8], now, 'PX', ARGV[8])
  elseif known or redis.call('HLEN', KEYS[7]) < tonumber(ARGV[13]) or makeRoom(KEYS[7], ARGV[14], 'since') then
    local before = known and cjson.decode(known) or { since = now, failures = 0 }
    local failing = { since = before.since, at = now, failures = before.failures + 1, why = ARGV[12] }
    if not known or before.caller == ARGV[14] then failing.caller = ARGV[14] end
    redis.call('HSET', KEYS[7], ARGV[11], cjson.encode(failing))
  end
end
local rest = tonumber(redis.call('HGET', KEYS[4], 'until') or 0)
local isProbe = redis.call('HGET', KEYS[4], 'probe') == id
if outcome == 'answered' then
  redis.call('DEL', KEYS[4])
  rest = 0
elseif outcome == 'stopped' and isProbe then
  redis.call('HDEL', KEYS[4], 'probe')
  redis.call('HSET', KEYS[4], 'until', now)
  rest = 0
elseif outcome == 'failed' and (isProbe or rest <= now) then
  redis.call('HDEL', KEYS[4], 'probe')
  local beyond = redis.call('HINCRBY', KEYS[4], 'failures', 1) - ARGV[5]
  redis.call('PEXPIRE', KEYS[4], ARGV[8])
  if beyond >= 0 then
    rest = now + math.min(ARGV[6] * 2 ^ math.min(beyond, 20), tonumber(ARGV[7]))
    redis.call('HSET', KEYS[4], 'until', rest)
  end
end
if rest > now then return 0 end
local half = math.ceil(ARGV[4] / 2)
local room = math.max(1, ARGV[9] - redis.call('ZCARD', KEYS[1]), half - redis.call('ZCARD', KEYS[3]))
for _, other in ipairs(redis.call('ZRANGE', KEYS[5], 0, room + 20)) do
  if room <= 0 then break end
  local job = ARGV[10] .. other
  if redis.call('EXISTS', job) == 0 or redis.call('HEXISTS', job, 'finishedOn') == 1 then
    redis.call('ZREM', KEYS[5], other)
  elseif redis.call('ZADD', KEYS[6], 'XX', 'CH', now * 4096, other) == 1 then
    redis.call('PUBLISH', KEYS[6], now)
    room = room - 1
  end
end
return 1`,
);

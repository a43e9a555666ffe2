import { createScript, NOW } from '../script.ts';

/** Notes the caller where its records serve all: one that became an operator's too. */
const FOR_ALL = `if ARGV[3] ~= '' then redis.call('SADD', KEYS[3], ARGV[3]) end`;

/** Removed names of a caller whose last versions are known; of those before them the highest is. */
const PAST_NAMES = 1000;
/** The field of that one. No name has a star. */
const BEFORE = '*';

/**
 * Puts a version of a record. The same body as the newest version's makes no new one. A name that was removed goes on counting
 * where it ended, so that a version means one body for ever.
 * KEYS: the facts of the caller's records, their bodies, the callers whose records serve all, the last versions of what was removed.
 * ARGV: name, body, the caller where its records serve all (else ''), the version that must be the newest (0: none may
 * be there; '': any), records at most, versions at most, bytes of all at most.
 * Answers what was done (`made`, `put`, `same`, `many`, `large`, `changed`), and the facts as JSON where there are some.
 */
export const putOwnedScript = createScript(
  'heavyliftPutOwned',
  4,
  `
local text = redis.call('HGET', KEYS[1], ARGV[1])
local facts = text and cjson.decode(text)
local newest = facts and facts.versions[#facts.versions]
local number = newest and newest.version or 0
local last = newest and 0 or tonumber(redis.call('HGET', KEYS[4], ARGV[1]) or redis.call('HGET', KEYS[4], '${BEFORE}') or '0')
local isMade = not newest
if newest and redis.call('HGET', KEYS[2], ARGV[1] .. '@' .. number) == ARGV[2] then
  ${FOR_ALL}
  return {'same', text}
end
if ARGV[4] ~= '' and tonumber(ARGV[4]) ~= number then return {'changed'} end
if not facts and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[5]) then return {'many'} end
${NOW}
facts = facts or {madeAt = now, versions = {}}
local kept = {}
if isMade then number = last end
local spare = #facts.versions + 1 - tonumber(ARGV[6])
local former = {}
for index, one in ipairs(facts.versions) do
  if index <= spare then former[#former + 1] = ARGV[1] .. '@' .. one.version else kept[#kept + 1] = one end
end
kept[#kept + 1] = {version = number + 1, at = now, bytes = #ARGV[2]}
facts.versions = kept
local bytes = 0
local all = redis.call('HGETALL', KEYS[1])
for index = 2, #all, 2 do
  local other = all[index - 1] == ARGV[1] and facts or cjson.decode(all[index])
  for _, one in ipairs(other.versions) do bytes = bytes + one.bytes end
end
if not text then bytes = bytes + #ARGV[2] end
if bytes > tonumber(ARGV[7]) then return {'large'} end
if #former > 0 then redis.call('HDEL', KEYS[2], unpack(former)) end
redis.call('HSET', KEYS[2], ARGV[1] .. '@' .. (number + 1), ARGV[2])
text = cjson.encode(facts)
redis.call('HSET', KEYS[1], ARGV[1], text)
redis.call('HDEL', KEYS[4], ARGV[1])
${FOR_ALL}
return {isMade and 'made' or 'put', text}`,
);

/**
 * Removes a record with all its versions, and keeps the number of the last one.
 * KEYS: the facts of the caller's records, their bodies, the last versions of what was removed. ARGV: name, the version that must be the newest ('': any).
 * Answers `removed`, `none` or `changed`.
 */
export const removeOwnedScript = createScript(
  'heavyliftRemoveOwned',
  3,
  `
local text = redis.call('HGET', KEYS[1], ARGV[1])
if not text then return 'none' end
local versions = cjson.decode(text).versions
if ARGV[2] ~= '' and tonumber(ARGV[2]) ~= versions[#versions].version then return 'changed' end
for _, one in ipairs(versions) do redis.call('HDEL', KEYS[2], ARGV[1] .. '@' .. one.version) end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], versions[#versions].version)
if redis.call('HLEN', KEYS[3]) > ${PAST_NAMES} then
  local before = tonumber(redis.call('HGET', KEYS[3], '${BEFORE}') or '0')
  for _, name in ipairs(redis.call('HKEYS', KEYS[3])) do
    before = math.max(before, tonumber(redis.call('HGET', KEYS[3], name)))
  end
  redis.call('DEL', KEYS[3])
  redis.call('HSET', KEYS[3], '${BEFORE}', before)
end
return 'removed'`,
  { atFullMemory: true },
);

import { createScript, NOW } from '../../../../src/redis/script.ts';
import { TRANSACTIONAL_LANES } from './lane.ts';

/**
 * A slot this near is waited for where the mail is, and mails are called by so much before theirs: a worker takes its time, but
 * is not to be full of mails that wait. So it is less for rates of more than 66 a second.
 */
const NEAR_MS = { least: 100, most: 300, slots: 20 };
/** What transactional mail does not need, others may have of a rate. */
const OTHERS_SHARE = 0.8;
/** A mail that was called and does not come goes back to its lane after this. */
const CALL_MS = 30_000;
/** A mail that was given a slot and did not leave, since its worker died or no connection was free, keeps it for so long. */
const SLOT_KEPT_MS = 10_000;
/** A mail comes by itself when it should have been called by then. */
const COMES_LATE_MS = 2000;
/** How long what is kept of a rate lasts that nobody asks for. */
const LASTS_MS = 30 * 86_400_000;
/** How often is looked for those that were called: their runs may only now have put them off. */
const CALL_AGAIN_MS = 100;
/** How many waiting mails are looked at in one step; more are looked at in the next. */
const AT_ONCE = 1000;

/**
 * What the scripts share. A rate (`rate:<name>`) gives one slot after the other, evenly: `next` is its next free slot, `others`
 * the next one that is not for transactional mail alone, `interval` what lies between two (ms). A mail takes a slot in each of
 * its rates in one step, or waits in one of them and holds nothing; its job's field `own:turn` says which. Beside the rate lie
 * - `:turns`: whose turn it is: `<lane>:<caller>` by lane, and then by tags of start-time fair queueing (`:tags`);
 * - `:of:<lane>:<caller>`: the mails that wait there, by age;
 * - `:called`: mails that were promoted to take the next slots, by when they are waited for no longer.
 * Mails that have ended or are gone are dropped as they come to the front. `rates:due` has the rates with mails that wait, by
 * when the next may be called. Times are Redis' own, in milliseconds; `next` and `others` have three decimals: whole ones
 * would add up to another rate.
 * KEYS: 1 rates:due, 2 the delayed mails. ARGV: 1 the beginning of the jobs' keys, 2 of the rates' keys.
 */
const SLOTS = `${NOW}
local LANE = 2 ^ 40
local rates = {}
local left = ${AT_ONCE}
local function isOther(lane) return lane > ${TRANSACTIONAL_LANES} end
local function decode(text)
  local known, value = pcall(cjson.decode, text or '')
  return known and type(value) == 'table' and value or nil
end
local function count(rate, lane, by)
  rate.all = rate.all + by
  if not isOther(lane) then rate.first = rate.first + by end
end
local function rateOf(name)
  if rates[name] then return rates[name] end
  local key = ARGV[2] .. name
  local stored = redis.call('HMGET', key, 'next', 'others', 'interval')
  local rate = {
    name = name, key = key, turns = key .. ':turns', tags = key .. ':tags', called = key .. ':called', all = 0, first = 0,
    next = tonumber(stored[1] or 0), others = tonumber(stored[2] or 0), interval = tonumber(stored[3] or 0)
  }
  for _, member in ipairs(redis.call('ZRANGE', rate.called, 0, -1)) do count(rate, tonumber(string.sub(member, 1, 1)), 1) end
  rates[name] = rate
  return rate
end
local function write(rate)
  redis.call('HSET', rate.key, 'next', string.format('%.3f', rate.next), 'others', string.format('%.3f', rate.others),
    'interval', rate.interval)
  local isAlone = redis.call('EXISTS', rate.turns) == 0
  local last = math.max(rate.next, rate.others) - now + rate.interval + 1000
  redis.call('PEXPIRE', rate.key, isAlone and math.ceil(last) or ${LASTS_MS})
end
local function near(rate) return math.min(${NEAR_MS.most}, math.max(${NEAR_MS.least}, ${NEAR_MS.slots} * rate.interval)) end
local function spacing(rate, lane) return isOther(lane) and rate.interval / ${OTHERS_SHARE} or rate.interval end
-- The next free slot for a lane; and where those that were called before it have taken theirs.
local function freeSlot(rate, lane)
  return isOther(lane) and math.max(now, rate.next, rate.others) or math.max(now, rate.next)
end
local function slotOf(rate, lane)
  return freeSlot(rate, lane) + (isOther(lane) and rate.all or rate.first) * spacing(rate, lane)
end
local function takeSlot(rate, lane)
  local slot = freeSlot(rate, lane)
  rate.next = slot + rate.interval
  if isOther(lane) then rate.others = slot + spacing(rate, lane) end
  write(rate)
  return slot
end
-- A mail that waits or was called; nil when its job has ended or is gone.
local function turnOf(id)
  local stored = redis.pcall('HMGET', ARGV[1] .. id, 'own:turn', 'finishedOn')
  return not stored.err and not stored[2] and decode(stored[1]) or nil
end
local function save(turn) redis.call('HSET', ARGV[1] .. turn.id, 'own:turn', cjson.encode(turn)) end
local function whoOf(turn) return turn.lane .. ':' .. turn.caller end
local function scoreOf(rate, turn)
  local who = whoOf(turn)
  local score = redis.call('ZSCORE', rate.turns, who)
  if score then return tonumber(score), true end
  local tags = redis.call('HMGET', rate.tags, who, 'time:' .. turn.lane)
  return turn.lane * LANE + math.max(tonumber(tags[1] or 0), tonumber(tags[2] or 0)), false
end
local function dropFrom(rate, who, member)
  local list = rate.key .. ':of:' .. who
  redis.call('ZREM', list, member)
  if redis.call('EXISTS', list) == 1 then return end
  redis.call('ZREM', rate.turns, who)
  if redis.call('EXISTS', rate.turns) == 0 then redis.call('DEL', rate.tags) end
end
local function leave(turn)
  if not turn.at then return end
  dropFrom(rateOf(turn.at), whoOf(turn), turn.member)
  turn.at = nil
end
local function enter(turn, rate)
  leave(turn)
  turn.at = rate.name
  turn.member = turn.member or string.format('%016.0f', redis.call('INCR', ARGV[2] .. 'order')) .. ':' .. turn.id
  local score, isThere = scoreOf(rate, turn)
  local list = rate.key .. ':of:' .. whoOf(turn)
  redis.call('ZADD', list, turn.age, turn.member)
  if not isThere then redis.call('ZADD', rate.turns, score, whoOf(turn)) end
  for _, key in ipairs({list, rate.turns, rate.tags}) do redis.call('PEXPIRE', key, ${LASTS_MS}) end
  redis.call('ZADD', KEYS[1], 'LT', math.max(now, math.floor(slotOf(rate, turn.lane) - near(rate))), rate.name)
  write(rate)
  save(turn)
end
-- The mail whose turn is next, and whose that is.
local function headOf(rate)
  while left > 0 do
    left = left - 1
    local who = redis.call('ZRANGE', rate.turns, 0, 0)[1]
    if not who then return nil end
    local member = redis.call('ZRANGE', rate.key .. ':of:' .. who, 0, 0)[1]
    local turn = member and turnOf(string.sub(member, 18))
    if turn and turn.at == rate.name and turn.member == member then return turn, who end
    dropFrom(rate, who, member or '')
  end
end
local function isFirst(turn, rate)
  local head, who = headOf(rate)
  if not head or head.id == turn.id then return true end
  if who ~= whoOf(turn) then return scoreOf(rate, turn) < tonumber(redis.call('ZSCORE', rate.turns, who)) end
  return turn.age < head.age or (turn.age == head.age and turn.member and turn.member < head.member or false)
end
-- Moves a caller's tag on by the turn that it takes; where nobody waits there are no turns.
local function takeTurn(rate, turn)
  if redis.call('EXISTS', rate.turns) == 0 then return end
  local score, isThere = scoreOf(rate, turn)
  local tag = score - turn.lane * LANE
  redis.call('HSET', rate.tags, 'time:' .. turn.lane, tag, whoOf(turn), tag + 1)
  redis.call('PEXPIRE', rate.tags, ${LASTS_MS})
  if isThere then redis.call('ZADD', rate.turns, score + 1, whoOf(turn)) end
end
local function uncall(rate, lane, id)
  if redis.call('ZREM', rate.called, lane .. ':' .. id) == 0 then return false end
  count(rate, lane, -1)
  return true
end
-- Promotes a delayed mail; one that is not delayed runs, or comes.
local function promote(id)
  local due = redis.call('ZSCORE', KEYS[2], id)
  if not due or tonumber(due) <= now * 4096 then return end
  redis.call('ZADD', KEYS[2], 'XX', string.format('%.0f', now * 4096), id)
  redis.call('PUBLISH', KEYS[2], string.format('%.0f', now))
end
`;

/**
 * Takes slots for a mail in all rates that it names, or lets it wait in one of them. ARGV: 3 the mail's id, 4 its attempt, 5 its
 * lane, 6 its caller, 7 its age (when it was accepted, ms), then each rate's name and interval (ms).
 * Answers 1 and the milliseconds until its slots have come; or 0 and when it comes by itself, if it is not called before. An
 * attempt that asks again keeps the slots that it has. Nothing is kept of a job that is gone.
 */
export const askForSlotsScript = createScript(
  'heavyliftAskForMailSlots',
  2,
  `${SLOTS}
local id, job, attempt, lane = ARGV[3], ARGV[1] .. ARGV[3], ARGV[4], tonumber(ARGV[5])
local stored = redis.call('HMGET', job, 'own:turn', 'own:slots')
local slots, wait = decode(stored[2]), 0
if not slots or slots.attempt ~= attempt then slots = {attempt = attempt, of = {}} end
local needed, names = {}, {}
for index = 8, #ARGV, 2 do
  local rate, kept = rateOf(ARGV[index]), slots.of[ARGV[index]]
  rate.interval = tonumber(ARGV[index + 1])
  if kept and kept >= now - ${SLOT_KEPT_MS} then wait = math.max(wait, kept - now)
  else needed[#needed + 1], names[#names + 1] = rate, rate.name end
end
if #needed == 0 then return {1, math.ceil(wait)} end
local turn = decode(stored[1]) or {id = id, rates = {}}
turn.lane, turn.caller, turn.age = lane, ARGV[6], tonumber(ARGV[7])
local wasCalled = false
for _, name in ipairs(turn.rates) do wasCalled = uncall(rateOf(name), lane, id) or wasCalled end
turn.rates = names
local blocked
for _, rate in ipairs(needed) do
  local slot = wasCalled and freeSlot(rate, lane) or slotOf(rate, lane)
  if slot > now + near(rate) or not (wasCalled or isFirst(turn, rate)) then
    blocked = rate
    break
  end
end
if blocked then
  local at, ahead = slotOf(blocked, lane), 0
  if redis.call('EXISTS', job) == 1 then enter(turn, blocked) end
  for _, who in ipairs(redis.call('ZRANGE', blocked.turns, 0, 100)) do
    if tonumber(string.sub(who, 1, 1)) <= lane then ahead = ahead + redis.call('ZCARD', blocked.key .. ':of:' .. who) end
  end
  return {0, math.ceil(at + math.max(0, ahead - 1) * spacing(blocked, lane) - now + ${COMES_LATE_MS})}
end
for _, rate in ipairs(needed) do
  if not wasCalled then takeTurn(rate, turn) end
end
leave(turn)
for _, rate in ipairs(needed) do
  local slot = takeSlot(rate, lane)
  slots.of[rate.name], wait = slot, math.max(wait, slot - now)
end
if redis.call('EXISTS', job) == 1 then
  redis.call('HSET', job, 'own:slots', cjson.encode(slots))
  redis.call('HDEL', job, 'own:turn')
end
return {1, math.ceil(wait)}`,
);

/**
 * Calls the mails whose slots are due: promotes them, in the order of their turns. A mail whose other rate is used up moves
 * there. Answers the milliseconds until there is something to do again, or -1 when nobody waits.
 */
export const callMailsScript = createScript(
  'heavyliftCallMails',
  2,
  `${SLOTS}
local function callAgain(rate)
  local members = redis.call('ZRANGE', rate.called, 0, -1, 'WITHSCORES')
  for index = 1, #members, 2 do
    local lane, id = tonumber(string.sub(members[index], 1, 1)), string.sub(members[index], 3)
    local turn = turnOf(id)
    if turn and tonumber(members[index + 1]) > now then promote(id)
    else
      uncall(rate, lane, id)
      for _, name in ipairs(turn and turn.rates or {}) do uncall(rateOf(name), lane, id) end
      if turn then enter(turn, rate) end
    end
  end
end
local function callNext(turn)
  for _, name in ipairs(turn.rates) do takeTurn(rateOf(name), turn) end
  leave(turn)
  for _, name in ipairs(turn.rates) do
    local rate = rateOf(name)
    redis.call('ZADD', rate.called, now + ${CALL_MS}, turn.lane .. ':' .. turn.id)
    redis.call('PEXPIRE', rate.called, ${LASTS_MS})
    redis.call('ZADD', KEYS[1], 'LT', now + ${CALL_AGAIN_MS}, name)
    count(rate, turn.lane, 1)
  end
  save(turn)
  promote(turn.id)
end
local function findUsedUp(turn, rate)
  for _, name in ipairs(turn.rates) do
    local other = rateOf(name)
    if other ~= rate and (slotOf(other, turn.lane) > now + near(other) or not isFirst(turn, other)) then return other end
  end
end
local function serve(rate)
  callAgain(rate)
  while true do
    local turn = headOf(rate)
    if not turn or slotOf(rate, turn.lane) > now + near(rate) then break end
    local other = findUsedUp(turn, rate)
    if other then enter(turn, other) else callNext(turn) end
  end
  local head = headOf(rate)
  local again = head and math.max(now + ${CALL_AGAIN_MS / 2}, math.floor(slotOf(rate, head.lane) - near(rate)))
  if rate.all > 0 or (not head and redis.call('EXISTS', rate.turns) == 1) then
    again = math.min(again or now + ${CALL_AGAIN_MS}, now + ${CALL_AGAIN_MS})
  end
  if again then redis.call('ZADD', KEYS[1], again, rate.name) else redis.call('ZREM', KEYS[1], rate.name) end
end
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)) do serve(rateOf(name)) end
local due = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
return due and math.max(0, math.ceil(due - now)) or -1`,
);

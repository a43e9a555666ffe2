import { AppError } from '../../errors.ts';
import type { Guards } from '../../redis/guards.ts';
import { tokenKey, tokenUseKey } from '../../redis/keys.ts';
import { createScript, NOW, type Redis } from '../../redis/script.ts';
import { tokenExpired } from './token-expired.ts';
import type { TokenUse, UploadToken } from './upload-token.ts';

/** The request of what comes in several requests: it holds as much as any of them asked for. */
export const PARTS = 'parts';

const READ = `
local function read(text)
  local files, jobs, bytes, untilWhen = string.match(text, '^(%d+) (%d+) (%d+) (%d+)$')
  return {tonumber(files), tonumber(jobs), tonumber(bytes), tonumber(untilWhen)}
end
local function most(one, other)
  local all = {}
  for which = 1, 3 do all[which] = math.max(one[which], other[which]) end
  return all
end`;

/**
 * Takes places of a token for an upload or a job. KEYS: token, its use. ARGV: name of the upload or job, name of this
 * request, files, jobs, bytes, until when they are held (ms), most files, most jobs, most bytes or '', and of what counts for good
 * already whether it is `there` or `erased`, '' where that was not looked into.
 * The use is a hash: `<name>` has what counts for good, `<name>:<number>` what did under that name and was erased, `<name> <request>`
 * what a request under way holds; each is `files jobs bytes until`. What several requests hold for one name counts once, the
 * largest of them.
 * Answers {'gone'}, {'known'} where it counts for good and nobody has looked whether it is there, {'taken'}, or {'over', what,
 * names that are held no more}.
 */
const TAKE = `
${NOW}
${READ}
if redis.call('EXISTS', KEYS[1]) == 0 then return {'gone'} end
local name, field, fate = ARGV[1], ARGV[1] .. ' ' .. ARGV[2], ARGV[10]
local kept = redis.call('HGET', KEYS[2], name)
if kept and fate == '' then return {'known'} end
local isErased = kept and fate == 'erased'
local limits = {tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])}
local asked = {tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])}
local held = ARGV[2] == '${PARTS}' and redis.call('HGET', KEYS[2], field)
if held then asked = most(asked, read(held)) end
local all = redis.call('HGETALL', KEYS[2])
local counts, stale = {[name] = asked}, {}
for index = 1, #all, 2 do
  local known, use = string.match(all[index], '^%S+'), read(all[index + 1])
  if all[index] ~= known and use[4] < now then stale[#stale + 1] = all[index] end
  if isErased and all[index] == name then known = name .. ':' end
  if all[index] ~= field then counts[known] = most(counts[known] or {0, 0, 0}, use) end
end
local sums = {0, 0, 0}
for _, count in pairs(counts) do for which = 1, 3 do sums[which] = sums[which] + count[which] end end
for which = 1, 3 do
  if (isErased or not kept) and limits[which] and sums[which] > limits[which] then return {'over', which, stale} end
end
if isErased then
  local number = 1
  while redis.call('HSETNX', KEYS[2], name .. ':' .. number, kept) == 0 do number = number + 1 end
  redis.call('HDEL', KEYS[2], name)
end
redis.call('HSET', KEYS[2], field, table.concat({asked[1], asked[2], string.format('%.0f', asked[3]), ARGV[6]}, ' '))
redis.call('PEXPIRE', KEYS[2], math.max(1, redis.call('PTTL', KEYS[1])))
return {'taken'}`;

/** Lets what a request holds count for good. KEYS: use. ARGV: name, request. */
const KEEP = `
${READ}
local field = ARGV[1] .. ' ' .. ARGV[2]
local held = redis.call('HGET', KEYS[1], field)
if not held then return 0 end
redis.call('HDEL', KEYS[1], field)
local use, kept = read(held), redis.call('HGET', KEYS[1], ARGV[1])
local all = kept and most(use, read(kept)) or use
local text = string.format('%.0f %.0f %.0f %.0f', all[1], all[2], all[3], use[4])
redis.call('HSET', KEYS[1], ARGV[1], text)
return 1`;

const takeScript = createScript('heavyliftTakePlaces', 2, TAKE);
const keepScript = createScript('heavyliftKeepPlaces', 1, KEEP);

/** An upload or a job that takes places, and the request that asks for it. */
export interface Taker {
  /** The id of the upload or the job. */
  name: string;
  /** Tells its requests apart. */
  request: string;
}

/** The places of upload tokens: counted in Redis, for all web processes together. */
export interface TokenPlaces {
  /**
   * Holds places until then, or until they are kept or given back; asked for again they are changed. Answers whether they count
   * for good already; what did and was erased since counts once more. Rejects with token_used_up, token_expired and queue_unavailable.
   */
  take(token: UploadToken, taker: Taker, wanted: TokenUse, untilMs: number): Promise<boolean>;
  /** Has them count for good. Rejects with queue_unavailable. */
  keep(token: UploadToken, taker: Taker): Promise<void>;
  /** Gives them back, unless they count for good. Rejects with queue_unavailable. */
  giveBack(token: UploadToken, taker: Taker): Promise<void>;
  /** Reads what is used up. Rejects with queue_unavailable. */
  read(token: UploadToken): Promise<TokenUse>;
}

/** What has become of what counts for good; '' where nobody has looked. */
type Fate = 'there' | 'erased' | '';

export interface PlacesDeps {
  redis: Redis;
  guards: Guards;
  /** Whether there is an upload or a job of that id. Rejects with queue_unavailable. */
  isThere(id: string): Promise<boolean>;
}

/** Makes the counting. What a process held that died is looked into when its places are wanted. */
export function createTokenPlaces({ redis, guards, isThere }: PlacesDeps): TokenPlaces {
  const keep = guards.write(async (_isRepeated, { id }: UploadToken, { name, request }: Taker) => {
    await keepScript(redis, [tokenUseKey(id)], [name, request]);
  });
  const drop = guards.write(async (_isRepeated, id: string, field: string) => {
    await redis.hdel(tokenUseKey(id), field);
  });
  const take = guards.write(async (_isRepeated, token: UploadToken, taker: Taker, given: [TokenUse, number, Fate]) => {
    const [{ files, jobs, bytes }, untilMs, fate] = given;
    const limits = [token.maxFiles, token.maxFiles, token.maxTotalBytes ?? ''];
    const args = [taker.name, taker.request, files, jobs, bytes, untilMs, ...limits, fate];
    return (await takeScript(redis, [tokenKey(token.id), tokenUseKey(token.id)], args)) as
      | ['gone']
      | ['known']
      | ['taken']
      | ['over', number, string[]];
  });
  /** Settles what nobody holds any more: it counts where it came to be, and is forgotten where it did not. */
  const settle = async (token: UploadToken, fields: readonly string[]): Promise<void> => {
    for (const field of fields) {
      const [name = '', request = ''] = field.split(' ');
      if (await isThere(name)) await keep(token, { name, request });
      else await drop(token.id, field);
    }
  };
  return {
    async take(token, taker, wanted, untilMs) {
      let fate: Fate = '';
      let isSettled = false;
      for (;;) {
        const answer = await take(token, taker, [wanted, untilMs, fate]);
        if (answer[0] === 'gone') throw tokenExpired();
        if (answer[0] === 'taken') return fate === 'there';
        if (answer[0] === 'known') fate = (await isThere(taker.name)) ? 'there' : 'erased';
        else if (isSettled || answer[2].length === 0) throw usedUp(token, answer[1]);
        else {
          isSettled = true;
          await settle(token, answer[2]);
        }
      }
    },
    keep,
    giveBack: (token, { name, request }) => drop(token.id, `${name} ${request}`),
    read: guards.read(async ({ id }) => readUse(await redis.hgetall(tokenUseKey(id)))),
  };
}

function usedUp({ maxFiles, maxTotalBytes }: UploadToken, which: number): AppError {
  const limit =
    which === 3 ? `${maxTotalBytes} bytes` : `${maxFiles} ${which === 2 ? 'job' : 'file'}${maxFiles === 1 ? '' : 's'}`;
  return new AppError('token_used_up', `The upload token is good for ${limit} in all.`);
}

/** Adds up what the requests of a token hold and have taken. */
function readUse(fields: Record<string, string>): TokenUse {
  const counts = new Map<string, number[]>();
  for (const [field, text] of Object.entries(fields)) {
    const name = field.split(' ')[0] as string;
    const known = counts.get(name) ?? [0, 0, 0];
    const more = text.split(' ').map(Number);
    counts.set(
      name,
      known.map((count, which) => Math.max(count, more[which] ?? 0)),
    );
  }
  const [files, jobs, bytes] = [0, 1, 2].map((which) =>
    [...counts.values()].reduce((sum, one) => sum + (one[which] ?? 0), 0),
  );
  return { files: files ?? 0, jobs: jobs ?? 0, bytes: bytes ?? 0 };
}

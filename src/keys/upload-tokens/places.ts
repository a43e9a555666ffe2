import { AppError } from '../../errors.ts';
import type { Guards } from '../../redis/guards.ts';
import { tokenKey, tokenUseKey } from '../../redis/keys.ts';
import { createScript, NOW, type Redis } from '../../redis/script.ts';
import { tokenExpired } from './token-expired.ts';
import type { TokenUse, UploadToken } from './upload-token.ts';

/**
 * Takes places of a token for an upload or a job. KEYS: token, its use. ARGV: name of the upload or job, name of this
 * request, files, jobs, bytes, until when they are held (ms), most files, most jobs, most bytes or ''.
 * The use is a hash: `<name>` has what counts for good, `<name> <request>` what a request under way holds; each is
 * `files jobs bytes until`. What several requests hold for one name counts once, the largest of them.
 * Answers {'gone'}, {'taken', whether it counted for good before}, or {'over', what, used, names that are held no more}.
 */
const TAKE = `
${NOW}
if redis.call('EXISTS', KEYS[1]) == 0 then return {'gone'} end
local name, field = ARGV[1], ARGV[1] .. ' ' .. ARGV[2]
local most = {tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])}
local asked = {tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])}
local all = redis.call('HGETALL', KEYS[2])
local counts, stale, isKept = {[name] = asked}, {}, 0
for index = 1, #all, 2 do
  local known, files, jobs, bytes, untilWhen = string.match(all[index], '^%S+'),
    string.match(all[index + 1], '^(%d+) (%d+) (%d+) (%d+)$')
  if all[index] == name then isKept = 1 end
  if all[index] ~= known and tonumber(untilWhen) < now then stale[#stale + 1] = all[index] end
  if all[index] ~= field then
    local count, more = counts[known] or {0, 0, 0}, {tonumber(files), tonumber(jobs), tonumber(bytes)}
    for which = 1, 3 do count[which] = math.max(count[which], more[which]) end
    counts[known] = count
  end
end
local sums = {0, 0, 0}
for _, count in pairs(counts) do for which = 1, 3 do sums[which] = sums[which] + count[which] end end
for which = 1, 3 do
  if isKept == 0 and most[which] and sums[which] > most[which] then return {'over', which, sums[which], stale} end
end
redis.call('HSET', KEYS[2], field, table.concat({ARGV[3], ARGV[4], ARGV[5], ARGV[6]}, ' '))
redis.call('PEXPIRE', KEYS[2], math.max(1, redis.call('PTTL', KEYS[1])))
return {'taken', isKept}`;

/** Lets what a request holds count for good. KEYS: use. ARGV: name, request. */
const KEEP = `
local field = ARGV[1] .. ' ' .. ARGV[2]
local held = redis.call('HGET', KEYS[1], field)
if not held then return 0 end
redis.call('HDEL', KEYS[1], field)
redis.call('HSET', KEYS[1], ARGV[1], held)
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
   * for good already. Rejects with token_used_up, token_expired and queue_unavailable.
   */
  take(token: UploadToken, taker: Taker, wanted: TokenUse, untilMs: number): Promise<boolean>;
  /** Has them count for good. Rejects with queue_unavailable. */
  keep(token: UploadToken, taker: Taker): Promise<void>;
  /** Gives them back, unless they count for good. Rejects with queue_unavailable. */
  giveBack(token: UploadToken, taker: Taker): Promise<void>;
  /** Reads what is used up. Rejects with queue_unavailable. */
  read(token: UploadToken): Promise<TokenUse>;
}

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
  const take = guards.write(async (_isRepeated, token: UploadToken, taker: Taker, given: [TokenUse, number]) => {
    const [{ files, jobs, bytes }, untilMs] = given;
    const limits = [token.maxFiles, token.maxFiles, token.maxTotalBytes ?? ''];
    const args = [taker.name, taker.request, files, jobs, bytes, untilMs, ...limits];
    return (await takeScript(redis, [tokenKey(token.id), tokenUseKey(token.id)], args)) as
      | ['gone']
      | ['taken', number]
      | ['over', number, number, string[]];
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
      let answer = await take(token, taker, [wanted, untilMs]);
      if (answer[0] === 'over' && answer[3].length > 0) {
        await settle(token, answer[3]);
        answer = await take(token, taker, [wanted, untilMs]);
      }
      if (answer[0] === 'gone') throw tokenExpired();
      if (answer[0] === 'over') throw usedUp(token, answer[1]);
      return answer[1] === 1;
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

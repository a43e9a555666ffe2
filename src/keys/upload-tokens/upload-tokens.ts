import { now } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Guards } from '../../redis/guards.ts';
import { tokenKey, tokensOfKey, tokenUseKey } from '../../redis/keys.ts';
import { createScript, NOW, type Redis } from '../../redis/script.ts';
import type { Secrets } from '../../signing/secret.ts';
import type { Caller, Keyring } from '../keyring.ts';
import { createKeyStore } from '../store.ts';
import { createTokenTexts, tokenIdOf } from './token-text.ts';
import { type TokenFacts, tokenFacts, type UploadToken } from './upload-token.ts';

/** Tokens of one key that hold at a time: Redis keeps about a KB of each. A larger one counts once for each 4 KB. */
export const MOST_TOKENS = 10_000;
const COUNTED_BYTES = 4096;

/**
 * Keeps a token until it expires. KEYS: token, tokens of its key. ARGV: facts, when it expires (ms), most tokens, then
 * the names that it counts by.
 * Answers 0, or the ms until one of too many expires.
 */
const CREATE = `
${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if redis.call('EXISTS', KEYS[1]) == 0 and redis.call('ZCARD', KEYS[2]) + #ARGV - 3 > tonumber(ARGV[3]) then
  return math.max(1, tonumber(redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]) - now)
end
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
for index = 4, #ARGV do redis.call('ZADD', KEYS[2], ARGV[2], ARGV[index]) end
if redis.call('PTTL', KEYS[2]) < ARGV[2] - now then redis.call('PEXPIREAT', KEYS[2], ARGV[2]) end
return 0`;

const createTokenScript = createScript('heavyliftCreateToken', 2, CREATE);

/** What a token is made of: its key tells the rest. Without a series it has one of its own. */
export type NewToken = Omit<TokenFacts, 'caller' | 'digest' | 'createdAt' | 'series'> & { series?: string };

/** A token that holds, and what its holder may do: what its key may, of its kind alone. */
export interface HeldToken {
  token: UploadToken;
  caller: Caller;
}

/** The upload tokens of the deployment. They are in Redis, by a hash of their texts, and each is looked up when it is used. */
export interface UploadTokens {
  /**
   * Makes a token of that key's. Rejects with rate_limited where the key has too many, unauthorized once it is revoked, and
   * queue_unavailable.
   */
  create(caller: Caller, facts: NewToken): Promise<{ text: string; token: UploadToken }>;
  /** Whether a text is a token that was made here, as far as it tells by itself. */
  isGenuine(text: string): boolean;
  /**
   * Finds the token that holds now: it is neither over nor ended, and its key stands and may still post its kind. Rejects with
   * queue_unavailable.
   */
  find(text: string): Promise<HeldToken | null>;
  /** Ends a token, in all processes. Rejects with queue_unavailable. */
  end(token: UploadToken): Promise<void>;
}

export interface TokensDeps {
  redis: Redis;
  guards: Guards;
  keyring: Pick<Keyring, 'holderOf' | 'refresh'>;
  secrets: Secrets;
}

/** Letters of a key's digest, which tell it from another one of the same name. */
const DIGEST_LETTERS = 16;

/** Makes them over a connection of `openProducerRedis`. */
export function createUploadTokens({ redis, guards, keyring, secrets }: TokensDeps): UploadTokens {
  const texts = createTokenTexts(secrets);
  const keys = createKeyStore(redis);
  const keep = guards.write(async (_isRepeated, { id, ...facts }: UploadToken) => {
    const text = JSON.stringify(facts);
    const args = [text, facts.expiresAt, MOST_TOKENS, ...namesOf(id, text)];
    return Number(await createTokenScript(redis, [tokenKey(id), tokensOfKey(facts.caller)], args));
  });
  const read = guards.read(async (id: string) => readToken(id, await redis.get(tokenKey(id))));
  // As Redis has it now: this process may not have heard yet that the key was revoked.
  const readKey = guards.read((name: string) => keys.find(name));

  const findHolder = async ({ caller: name, digest, kind }: UploadToken): Promise<Caller | null> => {
    if (!keyring.holderOf(name)) await keyring.refresh();
    const holder = keyring.holderOf(name);
    if (!holder?.digest.startsWith(digest) || !holder.caller.scopes.has(kind)) return null;
    if (!holder.isShared) return holder.caller;
    const stored = await readKey(name);
    return stored?.digest === holder.digest && stored.scopes.includes(kind) ? holder.caller : null;
  };

  return {
    isGenuine: texts.isGenuine,
    async create(caller, facts) {
      const holder = keyring.holderOf(caller.name);
      if (!holder) throw new AppError('unauthorized', 'The API key was revoked.');
      const text = texts.make();
      const whose = { caller: caller.name, digest: holder.digest.slice(0, DIGEST_LETTERS), createdAt: now() };
      const id = tokenIdOf(text);
      const token = { id, series: id, ...facts, ...whose };
      const waitMs = await keep(token);
      if (waitMs > 0) throw tooMany(waitMs);
      return { text, token };
    },
    async find(text) {
      if (!texts.isGenuine(text)) return null;
      const token = await read(tokenIdOf(text));
      const caller = token && (await findHolder(token));
      return token && caller ? { token, caller: { ...caller, scopes: new Set([token.kind]) } } : null;
    },
    end: guards.write(async (_isRepeated, { id, ...facts }: UploadToken) => {
      await redis
        .pipeline()
        .del(tokenKey(id))
        .del(tokenUseKey(id))
        .zrem(tokensOfKey(facts.caller), ...namesOf(id, JSON.stringify(facts)))
        .exec()
        .then((answers) => {
          for (const [fault] of answers ?? []) if (fault) throw fault;
        });
    }),
  };
}

/** The names by which a token counts among those of its key. */
const namesOf = (id: string, text: string): string[] =>
  Array.from({ length: Math.ceil(Buffer.byteLength(text) / COUNTED_BYTES) }, (_, part) =>
    part === 0 ? id : `${id}:${part}`,
  );

/** Reads what is kept of a token; null where it is gone, or a later version wrote it. */
function readToken(id: string, text: string | null): UploadToken | null {
  const facts = text === null ? null : tokenFacts.safeParse(JSON.parse(text));
  return facts?.success ? { id, ...facts.data } : null;
}

function tooMany(waitMs: number): AppError {
  const seconds = Math.ceil(waitMs / 1000);
  const many = `${MOST_TOKENS} upload tokens that hold, or fewer large ones`;
  const sentence = `This API key has ${many}. Try again in ${seconds} s, or end some.`;
  return new AppError('rate_limited', sentence, { retryAfterSeconds: seconds });
}

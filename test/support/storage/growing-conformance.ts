import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import type { Growth, Storage } from '../../../src/storage/storage.ts';
import { until } from '../until.ts';
import { breakOff, inChunks, makeContent, sha256 } from './storage-content.ts';

/** More than two parts of a bucket. */
const TOTAL = 12_000_000;
const PART = 5 << 20;
const KEY = 'uploads/upd_1-nonce/file';

/** What every storage must do with contents that come in pieces; `storage` is asked for in each test. */
export function describeGrowing(given: { storage(): Storage; stored(): Promise<string[]> }): void {
  describe('contents that come in pieces', () => {
    const content = makeContent(TOTAL);
    const size = (key = KEY, total = TOTAL) => given.storage().growing.size(key, total);
    const append = (from: number, to: number, growth: Partial<Growth> = {}) =>
      given.storage().growing.append(KEY, inChunks(content.subarray(from, to)), { from, total: TOTAL, ...growth });
    const read = async () => buffer(await given.storage().open(KEY));
    const expectWhole = async () => {
      expect(sha256(await read())).toBe(sha256(content));
      expect(await size()).toBe(TOTAL);
      expect(await given.stored()).toHaveLength(1);
    };

    it('nothing yet: no bytes', async () => expect(await size()).toBe(0));

    it.each([
      ['all at once', [TOTAL]],
      ['in small and large pieces', [1, 1000, 70_000, PART - 1, PART, PART + 1, 2 * PART + 500_000, TOTAL]],
      ['part by part', [PART, 2 * PART, TOTAL]],
    ])('%s: there after each, at its key when it is whole, and nothing else is left', async (_how, ends) => {
      let from = 0;
      for (const to of ends) {
        await expect(given.storage().open(KEY)).rejects.toMatchObject({ code: 'not_found' });
        expect(await append(from, to)).toBe(to);
        expect(await size()).toBe(to);
        from = to;
      }
      await expectWhole();
    });

    it('a small one, whole at once or in two: the same', async () => {
      const { growing } = given.storage();
      for (const ends of [[10], [4, 10]]) {
        let from = 0;
        for (const to of ends) {
          await growing.append(KEY, inChunks(Buffer.from('0123456789').subarray(from, to)), { from, total: 10 });
          from = to;
        }
        expect([(await read()).toString(), await size(KEY, 10)]).toEqual(['0123456789', 10]);
        await given.storage().remove('uploads/upd_1-nonce');
        expect(await given.stored()).toEqual([]);
      }
    });

    it('100 pieces of one byte and one of the rest', async () => {
      for (let from = 0; from < 100; from += 1) await append(from, from + 1);
      expect(await size()).toBe(100);
      await append(100, TOTAL);
      await expectWhole();
    });

    it.each([
      ['of a few bytes', 1000],
      ['over the bound of a part', PART + 1000],
      ['up to the end', TOTAL],
    ])('what is not accepted, %s: does not count, and what was there before goes on', async (_what, to) => {
      await append(0, 500);
      const refuse = () => {
        throw new Error('not these');
      };
      await expect(append(500, to, { accept: refuse })).rejects.toThrow('not these');
      // Who calls knows that those do not count.
      expect(await given.storage().growing.size(KEY, TOTAL, 500)).toBe(500);
      await append(500, TOTAL);
      expect(await given.storage().growing.size(KEY, TOTAL, 500)).toBe(TOTAL);
      await expectWhole();
    });

    it('a writer that another has taken over from, and whose bytes are not accepted: takes none of the others away', async () => {
      async function* standingStill() {
        yield content.subarray(0, 100);
        await append(0, 1000);
      }
      const accept = () => {
        throw new Error('not these');
      };
      const stale = given.storage().growing.append(KEY, standingStill(), { from: 0, total: TOTAL, accept });
      await expect(stale).rejects.toThrow('not these');
      expect(await size()).toBe(1000);
      const mayCut = () => Promise.reject(new Error('another writes'));
      await expect(append(100, 200, { mayCut })).rejects.toThrow('another writes');
      expect(await size()).toBe(1000);
      await append(1000, TOTAL);
      await expectWhole();
    });

    it('nothing more comes, and nothing ends: what has come is there all the same', async () => {
      const { promise: rest, resolve } = Promise.withResolvers<void>();
      async function* standingStill() {
        yield content.subarray(0, 400);
        await rest;
        yield content.subarray(400, PART + 100);
      }
      const appended = given.storage().growing.append(KEY, standingStill(), { from: 0, total: TOTAL });
      await until('the first bytes are there', async () => (await size()) === 400);
      resolve();
      expect(await appended).toBe(PART + 100);
      await append(PART + 100, TOTAL);
      await expectWhole();
    });

    it('what lies behind the place does not count: cut off, also where it fills parts', async () => {
      await append(0, 500);
      await append(500, 2 * PART + 10);
      await append(500, 700);
      await append(700, TOTAL);
      await expectWhole();
    });

    it('a content that breaks off: that error, and nothing of it counts', async () => {
      await append(0, 500);
      const error = new Error('the connection broke');
      const growth = { from: 500, total: TOTAL };
      await expect(given.storage().growing.append(KEY, breakOff(error), growth)).rejects.toBe(error);
      await append(500, TOTAL);
      await expectWhole();
    });

    it('whole already: appending nothing is fine', async () => {
      await append(0, TOTAL);
      expect(await append(TOTAL, TOTAL)).toBe(TOTAL);
      await expectWhole();
    });

    it('removed: nothing is left, listed while it is there, and never among what is whole', async () => {
      await append(0, PART + 1000);
      const listed = await Array.fromAsync(given.storage().list('growing'));
      expect(listed.map(({ name }) => name)).toEqual(['upd_1-nonce']);
      expect(await Array.fromAsync(given.storage().walk())).toEqual([]);
      await given.storage().growing.remove(KEY);
      expect([await size(), await given.stored()]).toEqual([0, []]);
      expect(await Array.fromAsync(given.storage().list('tmp'))).toEqual([]);
      await given.storage().growing.remove(KEY);
    });
  });
}

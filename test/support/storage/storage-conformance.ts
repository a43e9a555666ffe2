import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Storage } from '../../../src/storage/storage.ts';
import { describeGrowing } from './growing-conformance.ts';
import { breakOff, createHeldContent, inChunks, makeContent, NO_KEYS, sha256 } from './storage-content.ts';

/** A storage under test, and what the test can see of it from behind. */
export interface StorageUnderTest {
  storage: Storage;
  /** Everything that takes up room in it, drafts and half files included. */
  stored(): Promise<string[]>;
  /** Empties it. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** What every storage must do, whatever it is made of: run for each implementation by its own test. */
export function describeStorage(name: string, openStorageUnderTest: () => Promise<StorageUnderTest>): void {
  describe(`${name}: what every storage does`, () => {
    let test: StorageUnderTest;
    let storage: Storage;

    beforeAll(async () => {
      test = await openStorageUnderTest();
      storage = test.storage;
    });
    afterEach(() => test.clear());
    afterAll(() => test.close());

    const put = (key: string, content: string | Uint8Array) => storage.put(key, inChunks(Buffer.from(content)));
    const read = async (key: string, range?: { start: number; end: number }) => buffer(await storage.open(key, range));
    const readText = async (key: string) => (await read(key)).toString();
    const expectMissing = async (key: string) => {
      await expect(storage.open(key)).rejects.toMatchObject({ code: 'not_found' });
      await expect(storage.read(key)).rejects.toMatchObject({ code: 'not_found' });
    };

    describe('put and open', () => {
      it('3 MB in many chunks: the same bytes come back, with their number and hash', async () => {
        const content = makeContent(3_000_000);
        expect(await put('uploads/job/file', content)).toEqual({ bytes: 3_000_000, sha256: sha256(content) });
        expect((await read('uploads/job/file')).equals(content)).toBe(true);
        expect((await storage.read('uploads/job/file')).equals(content)).toBe(true);
      });

      it('12 MB, more than fits into one piece: the same bytes come back, whole and in part', async () => {
        const content = makeContent(12_000_000);
        expect(await put('uploads/job/file', content)).toEqual({ bytes: 12_000_000, sha256: sha256(content) });
        expect((await read('uploads/job/file')).equals(content)).toBe(true);
        const range = { start: 5_000_000, end: 5_999_999 };
        expect((await read('uploads/job/file', range)).equals(content.subarray(5_000_000, 6_000_000))).toBe(true);
        expect(await test.stored()).toHaveLength(1);
      });

      it('no bytes at all: an empty file', async () => {
        expect(await put('uploads/job/file', '')).toEqual({ bytes: 0, sha256: sha256(Buffer.alloc(0)) });
        expect(await readText('uploads/job/file')).toBe('');
      });

      it('keys of two to four parts, with dots and dashes: each has a content of its own', async () => {
        const keys = ['uploads/flat', 'results/job_1/photo-2.min.webp', 'results/job/a/b', 'results/job/A'];
        for (const key of keys) await put(key, `content of ${key}`);
        expect(await Promise.all(keys.map(readText))).toEqual(keys.map((key) => `content of ${key}`));
      });

      it('a key twice: the second content replaces the first, shorter or not', async () => {
        await put('results/job/file', 'a long first content');
        await put('results/job/file', 'second');
        expect(await readText('results/job/file')).toBe('second');
        expect(await test.stored()).toHaveLength(1);
      });

      it('one content read by two at once: both get the whole', async () => {
        const content = makeContent(400_000);
        await put('uploads/job/file', content);
        const both = await Promise.all([read('uploads/job/file'), read('uploads/job/file')]);
        expect(both.map(sha256)).toEqual([sha256(content), sha256(content)]);
      });

      it.each([
        [0, 0, '0'],
        [2, 5, '2345'],
        [9, 9, '9'],
        [0, 9, '0123456789'],
        [8, 20, '89'],
        [10, 20, ''],
      ])(
        'the range %i-%i of ten bytes: %s, both ends included, as far as there is so much',
        async (start, end, expected) => {
          await put('uploads/job/file', '0123456789');
          expect((await read('uploads/job/file', { start, end })).toString()).toBe(expected);
        },
      );

      it('a key that is not there, beside or below one that is: not_found', async () => {
        await put('uploads/job/file', 'x');
        await expectMissing('uploads/other/file');
        await expectMissing('uploads/job/other');
      });

      it.each(NO_KEYS)('%j is no key: refused by put, open and remove, and nothing is touched', async (key) => {
        await put('uploads/a', 'stays');
        await expect(put(key, 'x')).rejects.toThrow('not a storage key');
        await expect(storage.open(key)).rejects.toThrow('not a storage key');
        await expect(storage.remove(key)).rejects.toThrow('not a storage key');
        expect(await test.stored()).toHaveLength(1);
        expect(await readText('uploads/a')).toBe('stays');
      });
    });

    describe('a content appears whole or not at all', () => {
      it('while it is being written: its key is not there; afterwards it is', async () => {
        const { content, reached, letGo } = createHeldContent(Buffer.from('first, '), Buffer.from('last'));
        const writing = storage.put('results/job/file', content);
        await reached;
        await expectMissing('results/job/file');
        letGo();
        await writing;
        expect(await readText('results/job/file')).toBe('first, last');
      });

      it('while a key is being written anew: the content it had is still there', async () => {
        await put('results/job/file', 'before');
        const { content, reached, letGo } = createHeldContent(Buffer.from('af'), Buffer.from('ter'));
        const writing = storage.put('results/job/file', content);
        await reached;
        expect(await readText('results/job/file')).toBe('before');
        letGo();
        await writing;
        expect(await readText('results/job/file')).toBe('after');
      });

      it('one key written by eight at once: it holds one of the contents, whole', async () => {
        const contents = Array.from({ length: 8 }, (_, index) => makeContent(200_000 + 4 * index, index));
        const written = await Promise.all(contents.map((content) => put('results/job/file', content)));
        expect(written.map((one) => one.sha256)).toEqual(contents.map(sha256));
        expect(contents.map(sha256)).toContain(sha256(await read('results/job/file')));
        expect(await test.stored()).toHaveLength(1);
      });

      it.each([
        ['a plain error', new Error('the picture ended too soon')],
        ['an error that looks like one of the disk', Object.assign(new Error('ENOENT'), { code: 'ENOENT' })],
        ['an error that says that a disk is full', Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })],
        ['an error of a connection', Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
      ])('a content that ends with %s: that very error, and nothing is left', async (_name, error) => {
        await expect(storage.put('results/job/file', breakOff(error))).rejects.toBe(error);
        expect(await test.stored()).toEqual([]);
      });

      it('12 MB that break off at their end: that very error, and nothing is left', async () => {
        const error = new Error('the connection broke');
        async function* content() {
          yield* inChunks(makeContent(12_000_000));
          throw error;
        }
        await expect(storage.put('results/job/file', content())).rejects.toBe(error);
        expect(await test.stored()).toEqual([]);
      });

      it('what is not whole yet: listed below tmp; removed there, its writing ends, and nothing is left', async () => {
        const { content, reached, letGo } = createHeldContent(makeContent(12_000_000), makeContent(12_000_000));
        const writing = storage.put('results/job/file', content);
        writing.catch(() => {});
        await reached;
        const [draft, ...others] = await Array.fromAsync(storage.list('tmp'));
        expect(others).toEqual([]);
        expect(Math.abs(Date.now() - (draft?.modifiedAt ?? 0))).toBeLessThan(60_000);
        await storage.remove(`tmp/${draft?.name}`);
        letGo();
        await expect(writing).rejects.toMatchObject({ code: 'storage_unavailable' });
        expect(await test.stored()).toEqual([]);
        expect(await Array.fromAsync(storage.list('tmp'))).toEqual([]);
      });

      it('a content that breaks while a key is written anew: the key keeps the content it had', async () => {
        await put('results/job/file', 'before');
        await expect(storage.put('results/job/file', breakOff(new Error('broken')))).rejects.toThrow('broken');
        expect(await readText('results/job/file')).toBe('before');
        expect(await test.stored()).toHaveLength(1);
      });
    });

    describe('a signal', () => {
      const reason = new Error('the run is over');

      it('aborted before: rejects with its reason, and nothing is left', async () => {
        const writing = storage.put('results/job/file', inChunks(Buffer.from('x')), {
          signal: AbortSignal.abort(reason),
        });
        await expect(writing).rejects.toBe(reason);
        expect(await test.stored()).toEqual([]);
      });

      it('aborted between two chunks: the same', async () => {
        const controller = new AbortController();
        async function* content() {
          yield Buffer.from('first');
          controller.abort(reason);
          yield Buffer.from('second');
        }
        await expect(storage.put('results/job/file', content(), controller)).rejects.toBe(reason);
        expect(await test.stored()).toEqual([]);
      });

      it('aborted after the last chunk: the same', async () => {
        const controller = new AbortController();
        async function* content() {
          yield Buffer.from('all of it');
          controller.abort(reason);
        }
        await expect(storage.put('results/job/file', content(), controller)).rejects.toBe(reason);
        expect(await test.stored()).toEqual([]);
      });

      it('aborted while the content stands still: the same, without waiting for it', async () => {
        const controller = new AbortController();
        const { content, reached } = createHeldContent(Buffer.from('first'), Buffer.from('never'));
        const writing = storage.put('results/job/file', content, controller);
        await reached;
        controller.abort(reason);
        await expect(writing).rejects.toBe(reason);
        expect(await test.stored()).toEqual([]);
      });

      it('aborted when all is written: the content stays', async () => {
        const controller = new AbortController();
        await storage.put('results/job/file', inChunks(Buffer.from('whole')), controller);
        controller.abort(reason);
        expect(await readText('results/job/file')).toBe('whole');
      });

      it('never aborted: nothing of the writing listens to it any more', async () => {
        const { signal } = new AbortController();
        let listeners = 0;
        const add = signal.addEventListener.bind(signal);
        const remove = signal.removeEventListener.bind(signal);
        signal.addEventListener = (...args: Parameters<typeof add>) => {
          listeners += 1;
          add(...args);
        };
        signal.removeEventListener = (...args: Parameters<typeof remove>) => {
          listeners -= 1;
          remove(...args);
        };
        await storage.put('results/job/file', inChunks(Buffer.from('whole')), { signal });
        expect(listeners).toBe(0);
      });
    });

    describeGrowing({ storage: () => storage, stored: () => test.stored() });

    describe('move', () => {
      it('everything below a prefix: under the new one, and nothing under the old one', async () => {
        for (const key of ['uploads/one/a', 'uploads/one/b', 'uploads/one2/a']) await put(key, key);
        await storage.move('uploads/one', 'uploads/two');
        expect(await readText('uploads/two/b')).toBe('uploads/one/b');
        await expectMissing('uploads/one/a');
        expect(await readText('uploads/one2/a')).toBe('uploads/one2/a');
        expect(await test.stored()).toHaveLength(3);
      });

      it('what is not there: not_found', () =>
        expect(storage.move('uploads/one', 'uploads/two')).rejects.toMatchObject({ code: 'not_found' }));
    });

    describe('link', () => {
      it('a second key: has the content too, and keeps it when the first one goes; it takes no room of its own', async () => {
        await put('uploads/one/file', 'content');
        await storage.link('uploads/one/file', 'uploads/two/other');
        expect([await readText('uploads/one/file'), await readText('uploads/two/other')]).toEqual([
          'content',
          'content',
        ]);
        await storage.remove('uploads/one');
        expect(await readText('uploads/two/other')).toBe('content');
        expect(await test.stored()).toHaveLength(1);
      });

      it('a first key that is written anew: the second one keeps the content it was given', async () => {
        await put('uploads/one/file', 'before');
        await storage.link('uploads/one/file', 'uploads/two/file');
        await put('uploads/one/file', 'after');
        expect([await readText('uploads/one/file'), await readText('uploads/two/file')]).toEqual(['after', 'before']);
      });

      it('from a key that is not there: not_found, and nothing is left', async () => {
        const linking = storage.link('uploads/one/file', 'uploads/two/file');
        await expect(linking).rejects.toMatchObject({ code: 'not_found' });
        expect(await test.stored()).toEqual([]);
      });

      it('to a key that has a content: refused, and the content stays', async () => {
        await put('uploads/one/file', 'one');
        await put('uploads/two/file', 'two');
        await expect(storage.link('uploads/one/file', 'uploads/two/file')).rejects.toThrow();
        expect(await readText('uploads/two/file')).toBe('two');
      });
    });

    describe('remove', () => {
      it('a key: gone, and its neighbours stay', async () => {
        await put('uploads/job/file', 'x');
        await put('uploads/job/file2', 'y');
        await storage.remove('uploads/job/file');
        await expectMissing('uploads/job/file');
        expect(await readText('uploads/job/file2')).toBe('y');
      });

      it('a prefix: everything below it goes, and what only begins alike stays', async () => {
        for (const key of ['results/job/a', 'results/job/b', 'results/job/c/d', 'results/job2/a']) await put(key, key);
        await storage.remove('results/job');
        for (const key of ['results/job/a', 'results/job/b', 'results/job/c/d']) await expectMissing(key);
        expect(await readText('results/job2/a')).toBe('results/job2/a');
        expect(await test.stored()).toHaveLength(1);
      });

      it('what is not there: fine, once and twice', async () => {
        await put('uploads/job/file', 'x');
        await storage.remove('uploads/job');
        await expect(storage.remove('uploads/job')).resolves.toBeUndefined();
        await expect(storage.remove('uploads/never/was')).resolves.toBeUndefined();
      });

      it('a key that was removed can be written again', async () => {
        await put('uploads/job/file', 'first');
        await storage.remove('uploads/job');
        await put('uploads/job/file', 'second');
        expect(await readText('uploads/job/file')).toBe('second');
      });
    });

    it('list: the first names below a prefix, each once, with when they changed last; walk: all that is whole', async () => {
      const keys = ['results/job/a', 'results/job/b/c', 'results/job-2/a', 'results/other', 'uploads/job/file'];
      for (const key of keys) await put(key, key);
      const listed = await Array.fromAsync(storage.list('results'));
      expect(listed.map(({ name }) => name).toSorted()).toEqual(['job', 'job-2', 'other']);
      for (const { modifiedAt } of listed) expect(Math.abs(Date.now() - modifiedAt)).toBeLessThan(60_000);
      expect(await Array.fromAsync(storage.list('inbox'))).toEqual([]);
      const walked = await Array.fromAsync(storage.walk());
      const expected = keys.map((key) => [key, key.length]);
      expect(walked.map(({ key, bytes }) => [key, bytes]).toSorted()).toEqual(expected.toSorted());
    });

    it('check: content when it can be written to, and leaves nothing', async () => {
      await expect(storage.check()).resolves.toBeUndefined();
      expect(await test.stored()).toEqual([]);
    });
  });
}

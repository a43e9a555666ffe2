import { expect, it } from '@jest/globals';
import { createTurns } from '../../../../workers/emails/content/turns.ts';

const FOREVER_MS = 3_600_000;
const never = new AbortController().signal;

/** Turns for places, and the callers in the order in which they got one. */
function openTurns(places: string[]) {
  const turns = createTurns(places);
  const order: string[] = [];
  const take = async (caller: string, signal = never) => {
    const place = await turns.take(caller, FOREVER_MS, signal);
    order.push(caller);
    return place ?? '';
  };
  return { ...turns, take, order };
}

it('one caller: has one place at a time, though another is free', async () => {
  const { take, release, order } = openTurns(['x', 'y']);
  const place = await take('alice');
  const second = take('alice');
  const other = await take('bob');
  expect(order).toEqual(['alice', 'bob']);
  release('alice', place);
  expect(await second).not.toBe(other);
  expect(order).toEqual(['alice', 'bob', 'alice']);
});

it('several callers: take turns, however many of one came first', async () => {
  const { take, release, order } = openTurns(['x']);
  const all = ['alice', 'alice', 'alice', 'bob', 'bob', 'carol'].map(async (caller) =>
    release(caller, await take(caller)),
  );
  await Promise.all(all);
  expect(order).toEqual(['alice', 'bob', 'carol', 'alice', 'bob', 'alice']);
});

it('one who is stopped, or has lost patience: leaves the line to those behind', async () => {
  const { take, release, order } = openTurns(['x']);
  const place = await take('alice');
  const stop = new AbortController();
  const stopped = take('bob', stop.signal);
  const impatient = createTurns(['y']);
  const held = (await impatient.take('alice', FOREVER_MS, never)) ?? '';
  expect(await impatient.take('bob', 1, never)).toBeNull();
  impatient.release('alice', held);
  expect(await impatient.take('carol', FOREVER_MS, never)).toBe('y');
  const last = take('carol');
  stop.abort(new Error('stopped'));
  await expect(stopped).rejects.toThrow('stopped');
  release('alice', place);
  await last;
  expect(order).toEqual(['alice', 'carol']);
  await expect(take('dave', AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
});

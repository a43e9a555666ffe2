import { expect, it } from '@jest/globals';
import { createInputRoom } from '../../../src/queue/run/bounds/input-room.ts';

const FOREVER_MS = 3_600_000;
const MB = 1_000_000;
const never = new AbortController().signal;

/** A room of 10 MB, and the sizes in the order in which they got in. */
function openRoom() {
  const room = createInputRoom(10 * MB, FOREVER_MS);
  const entered: number[] = [];
  const enter = async (bytes: number, signal = never) => {
    const leave = await room.enter(bytes, signal);
    entered.push(bytes);
    return leave;
  };
  return { enter, entered };
}

it('large inputs: wait until those before them have left, in their order', async () => {
  const { enter, entered } = openRoom();
  const leave = await enter(6 * MB);
  const second = enter(5 * MB);
  const third = enter(4 * MB);
  expect(entered).toEqual([6 * MB]);
  leave();
  await Promise.all([second, third]);
  expect(entered).toEqual([6 * MB, 5 * MB, 4 * MB]);
});

it('a small input: waits for nobody', async () => {
  const { enter, entered } = openRoom();
  await enter(10 * MB);
  const stop = new AbortController();
  const waits = enter(10 * MB, stop.signal);
  await enter(100_000);
  expect(entered).toEqual([10 * MB, 100_000]);
  stop.abort(new Error('stopped'));
  await expect(waits).rejects.toThrow('stopped');
});

it('an input larger than all the room: has it alone', async () => {
  const { enter, entered } = openRoom();
  const leave = await enter(50 * MB);
  const next = enter(MB);
  expect(entered).toEqual([50 * MB]);
  leave();
  await next;
});

it('no room for long: the job comes back by itself, without an attempt', async () => {
  const room = createInputRoom(10 * MB, 1);
  const leave = await room.enter(10 * MB, never);
  const error = await room.enter(MB, never).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'slots_full', waitingOn: 'slot', usesAttempt: false });
  leave();
  await room.enter(10 * MB, never);
});

it('a run that is stopped: leaves the line to those behind it', async () => {
  const { enter } = openRoom();
  const leave = await enter(6 * MB);
  const stop = new AbortController();
  const stopped = enter(10 * MB, stop.signal);
  const behind = enter(4 * MB);
  stop.abort(new Error('stopped'));
  await expect(stopped).rejects.toThrow('stopped');
  await behind;
  leave();
});

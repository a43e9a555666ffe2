import { expect, it } from '@jest/globals';
import { createIsolationLock, type IsolationLock } from '../../../src/queue/run/bounds/isolation.ts';

const settle = () => new Promise(setImmediate);

/** A run on its way in: `isIn` says whether it has got there. */
async function enter(lock: IsolationLock, isolated: boolean) {
  const pass = lock.createPass();
  const run = { pass, isIn: false };
  pass.enter(isolated).then(() => {
    run.isIn = true;
  });
  await settle();
  return run;
}

it('ordinary runs go in beside each other', async () => {
  const lock = createIsolationLock();
  const runs = [await enter(lock, false), await enter(lock, false)];
  expect(runs.map(({ isIn }) => isIn)).toEqual([true, true]);
});

it('an isolated run waits until it is alone, and keeps later runs out while it is inside', async () => {
  const lock = createIsolationLock();
  const first = await enter(lock, false);
  const isolated = await enter(lock, true);
  const later = await enter(lock, false);
  expect([isolated.isIn, later.isIn]).toEqual([false, false]);
  first.pass.leave();
  await settle();
  expect([isolated.isIn, later.isIn]).toEqual([true, false]);
  isolated.pass.leave();
  await settle();
  expect(later.isIn).toBe(true);
});

it('two isolated runs go in one after the other', async () => {
  const lock = createIsolationLock();
  const first = await enter(lock, true);
  const second = await enter(lock, true);
  expect([first.isIn, second.isIn]).toEqual([true, false]);
  first.pass.leave();
  await settle();
  expect(second.isIn).toBe(true);
});

it('tryEnter: in at once where nothing is in the way, else not at all', async () => {
  const lock = createIsolationLock();
  const first = lock.createPass();
  expect(first.tryEnter()).toBe(true);
  const isolated = await enter(lock, true);
  expect([isolated.isIn, lock.createPass().tryEnter()]).toEqual([false, false]);
  first.leave();
  await settle();
  expect([isolated.isIn, lock.createPass().tryEnter()]).toEqual([true, false]);
  isolated.pass.leave();
  expect(lock.createPass().tryEnter()).toBe(true);
});

it('a run that is in and is to be isolated: it goes out first, so that it does not wait for itself', async () => {
  const lock = createIsolationLock();
  const pass = lock.createPass();
  pass.tryEnter();
  await pass.enter(true);
  expect(lock.createPass().tryEnter()).toBe(false);
});

it('left twice, or without having entered: counted once', async () => {
  const lock = createIsolationLock();
  const other = await enter(lock, false);
  const pass = lock.createPass();
  pass.leave();
  pass.tryEnter();
  pass.leave();
  pass.leave();
  const isolated = await enter(lock, true);
  expect(isolated.isIn).toBe(false);
  other.pass.leave();
  await settle();
  expect(isolated.isIn).toBe(true);
});

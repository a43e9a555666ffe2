import { expect, it } from '@jest/globals';
import { createGate } from '../../../src/queue/worker/isolation.ts';

/** Enters without waiting for it, and tells whether it is in yet. */
async function tryEnter(gate: ReturnType<typeof createGate>, suspect: boolean) {
  const entry: { leave: (() => void) | null } = { leave: null };
  gate.enter(suspect).then((leave) => {
    entry.leave = leave;
  });
  await new Promise(setImmediate);
  return entry;
}
const settle = () => new Promise(setImmediate);

it('ordinary runs go in beside each other', async () => {
  const gate = createGate();
  const runs = await Promise.all([tryEnter(gate, false), tryEnter(gate, false)]);
  expect(runs.map(({ leave }) => leave !== null)).toEqual([true, true]);
});

it('a suspect waits until it is alone, and keeps later runs out while it is inside', async () => {
  const gate = createGate();
  const first = await tryEnter(gate, false);
  const suspect = await tryEnter(gate, true);
  const later = await tryEnter(gate, false);
  expect([suspect.leave, later.leave]).toEqual([null, null]);
  first.leave?.();
  await settle();
  expect([suspect.leave !== null, later.leave]).toEqual([true, null]);
  suspect.leave?.();
  await settle();
  expect(later.leave).not.toBeNull();
});

it('two suspects go in one after the other', async () => {
  const gate = createGate();
  const first = await tryEnter(gate, true);
  const second = await tryEnter(gate, true);
  expect(second.leave).toBeNull();
  first.leave?.();
  await settle();
  expect(second.leave).not.toBeNull();
});

it('tryEnter: in at once where nothing is in the way, else not at all', async () => {
  const gate = createGate();
  const leave = gate.tryEnter();
  expect(leave).not.toBeNull();
  const suspect = await tryEnter(gate, true);
  expect([suspect.leave, gate.tryEnter()]).toEqual([null, null]);
  leave?.();
  await settle();
  expect([suspect.leave !== null, gate.tryEnter()]).toEqual([true, null]);
  suspect.leave?.();
  expect(gate.tryEnter()).not.toBeNull();
});

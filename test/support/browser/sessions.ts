import { randomTokenId, type Sessions } from '../../../src/keys/sessions.ts';

/** Sessions in this process's memory, for tests that have no Redis. */
export function createSessionShelf(): Sessions {
  const live = new Set<string>();
  const used = new Set<string>();
  return {
    async begin(name) {
      const id = randomTokenId();
      live.add(`${name} ${id}`);
      return id;
    },
    isLive: async (name, id) => live.has(`${name} ${id}`),
    end: async (name, id) => void live.delete(`${name} ${id}`),
    async useLink(id) {
      const isFirst = !used.has(id);
      used.add(id);
      return isFirst;
    },
  };
}

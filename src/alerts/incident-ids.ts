import { createHash, randomUUID } from 'node:crypto';
import type { Fault } from './incidents.js';

/** Names incidents so that all processes give the same one the same id, also while they can not agree. */
export interface IncidentIds {
  /** What the ids are made of now; null while this process does not know what the others have. */
  epoch(): string | null;
  /** Takes what the others have. */
  take(epoch: string): void;
  /** Begins another one. */
  renew(): void;
  idOf(fault: Pick<Fault, 'name' | 'since'>): string;
  /** Notes that an incident was resolved while nobody can agree on another epoch: the next of that name is another one. */
  close(name: string): void;
}

/** Makes the ids of a process. */
export function createIncidentIds(): IncidentIds {
  let epoch: string | null = null;
  let closed = new Map<string, number>();

  return {
    epoch: () => epoch,
    take(known) {
      if (known === epoch) return;
      epoch = known;
      closed = new Map();
    },
    renew() {
      epoch = randomUUID();
      closed = new Map();
    },
    idOf({ name, since }) {
      // Whoever has never heard of the others goes by the day.
      const base = epoch ?? new Date(since).toISOString().slice(0, 10);
      return createHash('sha256')
        .update(`${base}\n${name}\n${closed.get(name) ?? 0}`)
        .digest('hex')
        .slice(0, 16);
    },
    close(name) {
      closed.set(name, (closed.get(name) ?? 0) + 1);
    },
  };
}

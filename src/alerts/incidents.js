// @ts-check

// Plain JavaScript without libraries: the watch runs it too.

/**
 * From when on something is told (ms).
 * @typedef {object} Marks
 * @property {number} standsMs So long it stands, all in all, before it is told.
 * @property {number} goneMs So long it is gone before it counts as resolved.
 * @property {number} remindMs So long after the last word on it, it is told again.
 * @property {number} retryMs So long after it could not be told, that is tried again.
 *
 * Something that is wrong, as it was found.
 * @typedef {object} Fault
 * @property {string} name What it is known by from one look to the next.
 * @property {string} code Its code in the verdict.
 * @property {string} text
 * @property {number} since (ms)
 * @property {string} host The host that found it.
 *
 * A fault that people are told of, until it is resolved.
 * @typedef {Fault & { id: string, toldAt: number | null, triedAt: number | null }} Incident
 *
 * What is to be told at once.
 * @typedef {object} Message
 * @property {'firing' | 'resolved' | 'reminder' | 'test'} kind
 * @property {readonly Incident[]} incidents The worst first.
 * @property {number} at (ms)
 */

/** @type {Marks} */
export const MARKS = { standsMs: 10_000, goneMs: 60_000, remindMs: 86_400_000, retryMs: 600_000 };
/** A round that comes late counts for no more: nobody looked meanwhile. */
const ROUND_MS = 5000;
const CLOSED_KEPT = 100;

/** @typedef {{ fault: Fault, stoodMs: number, isSeen: boolean, goneAt: number | null }} Sight */

/**
 * Makes what turns faults into messages: each incident is told once, and once more when it is resolved; what comes and goes is one
 * incident. `idOf` names an incident by its fault.
 * @param {(fault: Fault) => string} idOf
 * @param {Marks} [marks]
 */
export function createIncidents(idOf, marks = MARKS) {
  /** What was seen of late, by name. @type {Map<string, Sight>} */
  const sights = new Map();
  /** By name. @type {Map<string, Incident>} */
  let incidents = new Map();
  /** The ids of those that were told as resolved, the last ones. @type {string[]} */
  let closed = [];
  let lookedAt = Number.NEGATIVE_INFINITY;

  /** @param {Fault} fault @param {number} stepMs */
  const see = (fault, stepMs) => {
    const { name } = fault;
    const before = sights.get(name);
    const stoodMs = (before?.stoodMs ?? 0) + (before?.isSeen ? stepMs : 0);
    sights.set(name, { fault, stoodMs, isSeen: true, goneAt: null });
    const open = incidents.get(name);
    if (open) incidents.set(name, { ...open, text: fault.text });
    else if (stoodMs >= marks.standsMs) incidents.set(name, { ...fault, id: idOf(fault), toldAt: null, triedAt: null });
  };
  /** @param {string} name */
  const forget = (name) => {
    sights.delete(name);
    incidents.delete(name);
  };
  /** @param {Incident} incident */
  const isSeen = ({ name }) => sights.get(name)?.isSeen ?? false;
  /** @param {string} name @param {number} at */
  const isOver = (name, at) => at - (sights.get(name)?.goneAt ?? at) >= marks.goneMs;

  return {
    /**
     * Takes what is wrong now, the worst first; `isKnown` says of a fault that is not there whether it was looked for.
     * @param {readonly Fault[]} faults
     * @param {number} at
     * @param {(fault: Fault) => boolean} [isKnown]
     */
    look(faults, at, isKnown = () => true) {
      const stepMs = Math.min(Math.max(0, at - lookedAt), ROUND_MS);
      lookedAt = at;
      for (const fault of faults) see(fault, stepMs);
      const seen = new Set(faults.map(({ name }) => name));
      for (const [name, fault] of incidents) {
        if (!sights.has(name)) sights.set(name, { fault, stoodMs: marks.standsMs, isSeen: false, goneAt: null });
      }
      for (const [name, sight] of sights) {
        if (seen.has(name)) continue;
        sight.isSeen = false;
        sight.goneAt = isKnown(sight.fault) ? (sight.goneAt ?? at) : null;
        // Nobody was told of it.
        if (isOver(name, at) && (incidents.get(name)?.toldAt ?? null) === null) forget(name);
      }
    },

    /**
     * Lists what is to be told now: what is new in one message, what is resolved in another one.
     * @param {number} at
     * @returns {Message[]}
     */
    due(at) {
      const open = [...incidents.values()].filter(({ triedAt }) => triedAt === null || at - triedAt >= marks.retryMs);
      const told = open.filter(({ toldAt }) => toldAt !== null);
      /** @type {Message[]} */
      const messages = [
        { kind: 'firing', at, incidents: open.filter((one) => one.toldAt === null && isSeen(one)) },
        { kind: 'resolved', at, incidents: told.filter(({ name }) => isOver(name, at)) },
        {
          kind: 'reminder',
          at,
          incidents: told.filter((one) => at - Number(one.toldAt) >= marks.remindMs && isSeen(one)),
        },
      ];
      return messages.filter((message) => message.incidents.length > 0);
    },

    /**
     * Notes what became of a message: it was told, or could not be.
     * @param {Message} message
     * @param {boolean} isTold
     */
    settle({ kind, incidents: sent, at }, isTold) {
      for (const { name, id } of sent) {
        const incident = incidents.get(name);
        if (incident?.id !== id) continue;
        if (!isTold) incidents.set(name, { ...incident, triedAt: at });
        else if (kind !== 'resolved') incidents.set(name, { ...incident, toldAt: at, triedAt: null });
        else {
          closed = [...closed, id].slice(-CLOSED_KEPT);
          // What has come back meanwhile is another incident.
          if (isSeen(incident)) incidents.delete(name);
          else forget(name);
        }
      }
    },

    /** All incidents: those that stand, and those that are about to be resolved. */
    list: () => [...incidents.values()],
    /** The ids of those that were told as resolved, the last ones. */
    closed: () => closed,

    /**
     * Takes over what another process knows. Of what is here already it is kept what was told, where `keepsOwn` is set; what one
     * of the two has told as resolved is over.
     * @param {{ incidents: readonly Incident[], closed: readonly string[] }} known
     * @param {boolean} keepsOwn
     */
    take(known, keepsOwn) {
      const own = keepsOwn ? [...incidents.values()] : [];
      closed = [...new Set([...closed, ...known.closed])].slice(-CLOSED_KEPT);
      const all = [...known.incidents, ...own].filter(({ id }) => !closed.includes(id));
      incidents = new Map();
      for (const incident of all) {
        const other = incidents.get(incident.name);
        if (!other || other.toldAt === null) incidents.set(incident.name, incident);
      }
    },
  };
}

/** @typedef {ReturnType<typeof createIncidents>} Incidents */

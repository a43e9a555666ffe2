import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log.ts';
import type { Redis } from '../redis/script.ts';
import type { FailedAlert } from '../verdict/facts.ts';
import type { Judgement } from '../verdict/verdict-watch.ts';
import { type AlertBoard, createAlertBoard, type Meeting, type Seen } from './board.ts';
import { createHostTurn } from './host-turn.ts';
import { createIncidentIds, type IncidentIds } from './incident-ids.ts';
import {
  createIncidents,
  type Fault,
  type Incident,
  type Incidents,
  MARKS,
  type Marks,
  type Message,
} from './incidents.js';
import { createIsKnown } from './known.ts';
import { type Outcome, sendMessage } from './send.js';
import type { AlertsConfig } from './settings.ts';
import { testMessage } from './test-message.ts';

/** After an outage of Redis the processes first hear from each other what was told meanwhile (ms). */
const SETTLE_MS = 6000;
/** What it told meanwhile a process says for so long: who tells for all may look more seldom than it (ms). */
const NEWS_MS = 15_000;
/** Who stops waits so long for what it is telling, so that the next one does not tell it again (ms). */
const LAST_WORD_MS = 5000;
/** Whoever is not reached does not hear of that either. */
const NEVER_TOLD = 'alert_failed';

/** Tells people of what the verdict finds, for as long as it is so, by a webhook or mail. */
export interface Alerts {
  /** Takes what was judged, and tells what is due. Never rejects. */
  note(judgement: Judgement): Promise<void>;
  /** What is wrong and stands, told or about to be told. */
  incidents(): Incident[];
  /** The ways on which the last alert was not told. */
  failed(): readonly FailedAlert[];
  /** Sends a test on all ways; resolves with what became of it. Never rejects. */
  test(): Promise<Outcome[]>;
  /** Lets another process tell, once what is being told has been told. Never rejects. */
  stop(): Promise<void>;
}

export interface AlertsDeps {
  config: AlertsConfig;
  /** One of `openProducerRedis`. */
  redis: Redis;
  log: Log;
  /** From when on something is told; those of the product unless given. */
  marks?: Marks;
  /** How a message is sent; by a process of its own unless given. */
  send?: (message: Message) => Promise<Outcome[]>;
}

/** How this process stands to the others: it tells for all, another one does, or it does not hear of them. */
type Role = 'teller' | 'listener' | 'alone';

/** What a process knows of what is told. */
interface Desk {
  board: AlertBoard;
  ids: IncidentIds;
  incidents: Incidents;
  role: Role;
  failed: readonly FailedAlert[];
}

/**
 * Makes the alerts of a web process. One process tells for all, by a lease in Redis; where Redis does not answer, one on each host
 * tells what it sees, under the ids that all would give.
 */
export function createAlerts(deps: AlertsDeps): Alerts {
  const { config, redis, log, marks = MARKS } = deps;
  const turn = createHostTurn(config.DATA_DIR);
  const ids = createIncidentIds();
  const incidents = createIncidents(ids.idOf, marks);
  const desk: Desk = { board: createAlertBoard(redis), ids, incidents, role: 'listener', failed: [] };
  const deliver = createDeliver(desk, deps);
  const host = hostname();
  let quietUntil = Number.NEGATIVE_INFINITY;
  let news: { alone: Seen['alone']; until: number } | null = null;
  let telling: Promise<void> | null = null;
  let isStopped = false;

  const note = async (judgement: Judgement) => {
    if (isStopped) return;
    const { at } = judgement.facts;
    const wasAlone = desk.role === 'alone';
    const faults = findTold(judgement, config.ALERTS_LEVEL, host);
    const told = incidents.list().filter(({ toldAt }) => toldAt !== null);
    if (wasAlone) news = { alone: { incidents: told, closed: incidents.closed() }, until: at + NEWS_MS };
    const alone = news && at < news.until ? news.alone : null;
    const meeting = await desk.board.meet({ at, faults, alone });
    // Another one may tell by now.
    if (isStopped) return;
    if (meeting) await join(desk, { ...meeting, failed: meeting.failed.filter(({ by }) => isWay(by, config)) });
    else desk.role = 'alone';
    if (meeting && wasAlone) quietUntil = at + Math.min(SETTLE_MS, marks.standsMs);
    const isAlone = desk.role === 'alone';
    incidents.look(joinFaults(faults, meeting), at, createIsKnown(judgement.facts, isAlone ? host : null));
    if (!isAlone) turn.release();
    const isTurn = isAlone ? await turn.take() : desk.role === 'teller';
    if (!isTurn || telling || at < quietUntil) return;
    telling = tell(desk, deliver, at).finally(() => {
      telling = null;
    });
    await telling;
  };

  return {
    note: (judgement) => note(judgement).catch((err) => log.error({ err }, 'alerts not looked after')),
    incidents: () => incidents.list(),
    failed: () => desk.failed,
    test: () => deliver(testMessage(Date.now())),
    async stop() {
      isStopped = true;
      await Promise.race([telling?.catch(() => {}), delay(LAST_WORD_MS, undefined, { ref: false })]);
      turn.release();
      await desk.board.leave();
    },
  };
}

/** What is wrong and is to be told, as this host found it. */
const findTold = ({ verdict, names }: Judgement, least: AlertsConfig['ALERTS_LEVEL'], host: string): Fault[] =>
  verdict.items.flatMap(({ code, level, text, since }, index) => {
    if (code === NEVER_TOLD || (level === 'amber' && least === 'red')) return [];
    return [{ name: names[index] ?? code, code, text, since: Date.parse(since), host }];
  });

/** Whether it is one of the ways of now: what failed on another one is no fault any more. */
const isWay = (by: string, { ALERTS_URL, ALERTS_EMAIL }: AlertsConfig): boolean =>
  by === 'webhook' ? ALERTS_URL !== undefined : by !== 'mail' || ALERTS_EMAIL !== undefined;

/** What any of them sees, each thing once. */
function joinFaults(own: readonly Fault[], meeting: Meeting | null): Fault[] {
  const all = [...own, ...(meeting?.others ?? []).flatMap(({ faults }) => faults)];
  const names = all.map(({ name }) => name);
  return all.filter(({ name }, index) => names.indexOf(name) === index);
}

/** Takes the role that was agreed on, and what the others know. */
async function join(desk: Desk, { isTeller, state, others, failed }: Meeting): Promise<void> {
  const { ids, incidents, role: before } = desk;
  desk.role = isTeller ? 'teller' : 'listener';
  desk.failed = failed;
  if (state && !(isTeller && before === 'teller')) {
    ids.take(state.epoch);
    incidents.take(state, isTeller && before === 'alone');
  }
  if (!isTeller) return;
  for (const { alone } of others) if (alone) incidents.take(alone, true);
  if (state) return;
  // Redis is new, or has lost its data: those who come after go by this one.
  if (ids.epoch() === null) ids.renew();
  await save(desk);
}

async function save({ role, board, ids, incidents }: Desk): Promise<void> {
  const epoch = ids.epoch();
  if (role === 'teller' && epoch !== null)
    await board.save({ epoch, incidents: incidents.list(), closed: incidents.closed() });
}

/** The ways that failed now, each since it did so first. */
export const failedOf = (outcomes: readonly Outcome[], before: readonly FailedAlert[], at: number): FailedAlert[] =>
  outcomes.flatMap(({ by, to, isTold, detail }) => {
    return isTold ? [] : [{ by, to, detail, at: before.find((one) => one.by === by)?.at ?? at }];
  });

type Deliver = (message: Message) => Promise<Outcome[]>;

function createDeliver(desk: Desk, { log, send = sendMessage }: AlertsDeps): Deliver {
  return async (message) => {
    const outcomes = await send(message);
    for (const { by, to, isTold, detail } of outcomes) {
      const facts = { alert: message.kind, codes: message.incidents.map(({ code }) => code), by, to };
      if (isTold) log.info(facts, `alert told by ${by}: ${detail}`);
      else log.error(facts, `alert not told by ${by}: ${detail}`);
    }
    desk.failed = failedOf(outcomes, desk.failed, message.at);
    await desk.board.saveFailed(desk.failed);
    return outcomes;
  };
}

async function tell(desk: Desk, deliver: Deliver, at: number): Promise<void> {
  for (const message of desk.incidents.due(at)) {
    const outcomes = await deliver(message);
    const isTold = outcomes.some((outcome) => outcome.isTold);
    desk.incidents.settle(message, isTold);
    if (isTold && message.kind === 'resolved') {
      if (desk.role === 'teller') desk.ids.renew();
      else for (const { name } of message.incidents) desk.ids.close(name);
    }
    await save(desk);
  }
}

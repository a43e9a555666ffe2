import { parseMailbox } from '../../../src/fields/mail-address.ts';
import type { Dependency, Processor, StatefulDeps } from '../../../src/jobs/processor.ts';
import { createInbox } from '../inbox/inbox.ts';
import { createInboxSweep } from '../inbox/sweep.ts';
import { openInboxTransport } from '../inbox/transport.ts';
import type { EmailsConfig } from '../settings.ts';
import type { DkimKeys } from '../source/dkim-keys.ts';
import { createBreaker, NO_BREAKER } from './health/breaker.ts';
import { greet } from './health/greet.ts';
import { createRelayHealth, type RelayHealth } from './health/relay-health.ts';
import { createRelayWatch } from './health/relay-watch.ts';
import { PROBE_MS, type RelayConfig, relayName } from './relay-options.ts';
import { chooseRelays, type RoutedMail } from './relays/choose-relays.ts';
import { toRelayConfig } from './relays/file-relay.ts';
import { loadRelays } from './relays/relays-file.ts';
import { createSlotWatch, createThrottle, type SlotWatch, type Throttle } from './slots/throttle.ts';
import { type MailTransport, openTransport } from './transport.ts';

/** A relay, as a process uses it; or the inbox in its place. */
export interface Relay {
  /** Its name in SMTP_RELAYS_FILE; null for the one of SMTP_URL, and the inbox. */
  name: string | null;
  /** Its host; '' for the inbox. */
  host: string;
  transport: MailTransport;
  health: RelayHealth;
  throttle: Throttle;
}

/** The relays of a mail: its own, and behind it those that take it while that one rests. */
export type RelaysFor = (mail: RoutedMail) => readonly [Relay, ...Relay[]];

/** Where a process's mails go, and what it looks after there. */
export interface Route extends Required<Omit<Processor, 'process' | 'close'>> {
  relaysFor: RelaysFor;
  /** Closes all connections; mails on their way finish first. */
  close(): void;
}

/** What the ways of mails are opened with. */
interface RouteDeps extends StatefulDeps<EmailsConfig> {
  /** Calls the mails that wait for slots, at whichever relay. */
  slotWatch: SlotWatch;
}

/** A relay, and how it is looked after. */
interface OpenRelay extends Relay {
  check(): Promise<void>;
}

/**
 * Opens the way of mails, signed with the keys: to the relay of SMTP_URL, to those of SMTP_RELAYS_FILE, or into the inbox
 * where neither is set.
 */
export function openRoute(given: StatefulDeps<EmailsConfig>, keys: DkimKeys): Route {
  const slotWatch = createSlotWatch(given.redis, (err) => given.log.debug({ err }, 'no waiting mail was called'));
  const deps = { ...given, slotWatch };
  const { config } = deps;
  if (config.SMTP_RELAYS_FILE !== undefined) return openRoutes(deps, keys, config.SMTP_RELAYS_FILE);
  const { SMTP_URL } = config;
  if (SMTP_URL === undefined) return routeToInbox(deps, keys);
  const relay = openRelay(deps, keys, { name: null, config: { ...config, SMTP_URL } });
  return routeTo(deps, [relay], () => [relay], relay.health.lastSeen);
}

function routeToInbox(deps: RouteDeps, keys: DkimKeys): Route {
  const sweep = createInboxSweep(createInbox(deps), deps.log);
  const relay: OpenRelay = {
    name: null,
    host: '',
    transport: openInboxTransport(sweep.inbox, keys),
    health: createRelayHealth(NO_BREAKER),
    throttle: throttleOf(deps, relayName({ SMTP_URL: undefined })),
    check: sweep.check,
  };
  // Nothing outside is needed.
  return routeTo(
    deps,
    [relay],
    () => [relay],
    () => null,
  );
}

function openRoutes(deps: RouteDeps, keys: DkimKeys, path: string): Route {
  const file = loadRelays(path, deps.config.SMTP_SECRETS ?? {});
  const relays = new Map(
    Object.entries(file.relays).map(([name, relay]) => {
      const config = toRelayConfig(relay, deps.config);
      return [name, openRelay(deps, keys, { name, config, ...(relay.rate ? { rate: relay.rate } : {}) })];
    }),
  );
  const relaysFor: RelaysFor = (mail) => {
    const [first, ...others] = chooseRelays(file.routes, mail).flatMap((name) => relays.get(name) ?? []);
    if (!first) throw new Error('a route has no relay');
    return [first, ...others];
  };
  return routeTo(deps, [...relays.values()], relaysFor, () => seeAll([...relays.values()]));
}

/** What a relay is opened with, beside what all have. */
interface RelaySettings {
  name: string | null;
  config: RelayConfig & { SMTP_URL: string };
  /** In the place of EMAILS_RATE. */
  rate?: EmailsConfig['EMAILS_RATE'];
}

function openRelay(deps: RouteDeps, keys: DkimKeys, { name, config, rate }: RelaySettings): OpenRelay {
  const { redis, log } = deps;
  const host = relayName(config);
  const id = name === null ? host : `${name}@${host}`;
  const transport = openTransport(config, keys);
  const throttle = throttleOf(deps, id, rate);
  const health = createRelayHealth(createBreaker(redis, id, PROBE_MS), {
    ...{ name, pace: throttle.pace, sender: parseMailbox(config.EMAILS_FROM).address },
  });
  const look = createRelayWatch({
    verify: transport.verify,
    greet: () => greet(config.SMTP_URL),
    health,
    relay: id,
    log,
  });
  return {
    ...{ name, host, transport, health, throttle },
    async check() {
      await Promise.all([look(), health.refresh(), throttle.pace.refresh()]);
    },
  };
}

const throttleOf = (
  { redis, config, slotWatch }: RouteDeps,
  relay: string,
  rate: EmailsConfig['EMAILS_RATE'] = config.EMAILS_RATE,
): Throttle =>
  createThrottle({ redis, relay, relayRate: rate, domainRate: config.EMAILS_RATE_PER_DOMAIN, onWait: slotWatch.look });

const routeTo = (
  { slotWatch }: RouteDeps,
  relays: readonly OpenRelay[],
  relaysFor: RelaysFor,
  dependency: () => Dependency | null,
): Route => ({
  ...{ relaysFor, dependency },
  async check() {
    await Promise.all([slotWatch.look(), ...relays.map((relay) => relay.check())]);
  },
  drain() {
    for (const { transport } of relays) transport.drain();
  },
  close() {
    slotWatch.close();
    for (const { transport } of relays) transport.close();
  },
});

/** All relays of the file in one: well where each is that was seen. */
function seeAll(relays: readonly Relay[]): Dependency | null {
  const parts = relays.flatMap(({ health }) => health.lastSeen() ?? []);
  if (parts.length === 0) return null;
  const away = parts.filter(({ ok }) => !ok);
  return {
    name: 'mail relays',
    ok: away.length === 0,
    detail:
      away.length === 0 ? 'All mail relays take mail.' : away.map(({ name, detail }) => `${name}: ${detail}`).join(' '),
    seenAt:
      parts
        .map(({ seenAt }) => seenAt)
        .toSorted()
        .at(-1) ?? '',
    parts,
  };
}

import type { Dependency } from '../../jobs/processor.ts';
import type { VerdictCode } from '../codes.ts';
import type { Facts } from '../facts.ts';
import { inSentence, waitOf } from '../words.ts';
import type { Finding } from './finding.ts';

const AWAY: Record<NonNullable<Dependency['fault']>, VerdictCode> = {
  away: 'relay_gone',
  login: 'relay_login',
  busy: 'relay_put_off',
};
const HOLDS = {
  relay: 'relay_put_off',
  sender: 'sender_foreign',
  rate: 'relay_slowed',
  receiver: 'receiver_down',
} as const;

/** Finds what is wrong with what the kinds depend on outside: the relays, as the workers have seen each. */
export function judgeRelays({ workers, queues }: Facts): Finding[] {
  const seen = (workers ?? []).flatMap(({ kind, dependency }) => {
    return (dependency?.parts ?? (dependency ? [dependency] : [])).map((relay) => ({ kind, relay }));
  });
  return [...Map.groupBy(seen, ({ relay }) => relay.name).values()].flatMap((sights) => {
    // Each worker looks again at what it has seen badly.
    const sight = sights.find(({ relay }) => !relay.ok) ?? sights[0];
    if (!sight) return [];
    const { kind, relay } = sight;
    const delayed = queues?.find((queue) => queue.kind === kind)?.counts.delayed ?? 0;
    const wait = delayed === 0 ? '' : `; ${waitOf(delayed)}`;
    const own: Finding[] = relay.ok
      ? []
      : [
          {
            code: AWAY[relay.fault ?? 'away'],
            about: relay.name,
            text: `Mail is put off: ${inSentence(relay.detail)}${wait}`,
          },
        ];
    const holds = new Map(sights.flatMap(({ relay: { holds = [] } }) => holds.map((hold) => [hold.why, hold])));
    // It is said by the relay itself.
    const others = [...holds.values()].filter(({ about }) => relay.ok || about !== 'relay');
    return [
      ...own,
      ...others.map(({ about, who, why, isOwn }): Finding => {
        const what =
          about === 'receiver' ? 'No bounce is received' : `Mail${who === null ? '' : ` from ${who}`} is put off`;
        const text = `${what}: ${inSentence(why)}`;
        return { code: isOwn ? 'sender_refused' : HOLDS[about], about: `${relay.name}:${who ?? ''}`, text };
      }),
    ];
  });
}

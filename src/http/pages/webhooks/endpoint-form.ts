import type { Request } from 'express';
import { ENDPOINT_EVENTS, type Endpoint } from '../../../endpoints/endpoint.ts';
import { type AppError, toProblem } from '../../../errors.ts';
import { invalidFields } from '../../../fields/invalid-request.ts';
import { placeErrors } from '../../../kinds/form-state.ts';
import { formatLabel } from '../../../kinds/formats.ts';
import type { GivenEndpoint } from '../../api/endpoints/endpoint-actions.ts';
import { endpointSchema } from '../../api/endpoints/endpoint-fields.ts';

/** A box to tick. */
interface Choice {
  value: string;
  text: string;
  isChosen: boolean;
}

/** The form of an endpoint, every text ready. */
export interface EndpointForm {
  name: string;
  url: string;
  events: Choice[];
  kinds: Choice[];
  faults: Record<string, string>;
  /** What is wrong with no field in particular. */
  general: string | null;
}

/** What was typed into it. */
export interface TypedEndpoint {
  name: string;
  url: string;
  events: readonly string[];
  kinds: readonly string[];
}

const FIELDS = ['name', 'url', 'events', 'kinds'];
const NONE_CHOSEN = 'Choose at least one.';

/** What the form has where nothing was typed: every event and kind, or what an endpoint has. */
export const valuesOf = (kinds: readonly string[], endpoint?: Endpoint): TypedEndpoint => ({
  name: endpoint?.name ?? '',
  url: endpoint?.url ?? '',
  events: endpoint?.events ?? ENDPOINT_EVENTS,
  kinds: endpoint?.kinds ?? kinds,
});

/** Reads what was typed. */
export function readTyped(req: Request): TypedEndpoint {
  const body = (req.body ?? {}) as Record<string, unknown>;
  const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
  const list = (value: unknown): string[] => [value].flat().filter((one) => typeof one === 'string');
  return { name: text(body['name']), url: text(body['url']), events: list(body['events']), kinds: list(body['kinds']) };
}

/** Makes of it what is put; throws invalid_request. Where all boxes are ticked, those to come count too. */
export function toGiven({ url, events, kinds }: TypedEndpoint, known: readonly string[]): GivenEndpoint {
  const given = {
    url,
    ...(events.length < ENDPOINT_EVENTS.length ? { events } : {}),
    ...(kinds.length < known.length ? { kinds } : {}),
  };
  const parsed = endpointSchema(known).safeParse(given);
  if (!parsed.success) throw invalidFields(parsed.error.issues);
  return { url: parsed.data.url, events: parsed.data.events ?? null, kinds: parsed.data.kinds ?? null };
}

/** Describes the form with what was typed, and with what is wrong with that. */
export function describeForm(typed: TypedEndpoint, known: readonly string[], error?: AppError): EndpointForm {
  const { faults, general } = error ? placeErrors(toProblem(error), FIELDS) : { faults: {}, general: null };
  for (const name of ['events', 'kinds'] as const) {
    if (faults[name] && typed[name].length === 0) faults[name] = NONE_CHOSEN;
  }
  return {
    name: typed.name,
    url: typed.url,
    events: ENDPOINT_EVENTS.map((value) => choice(value, value, typed.events)),
    kinds: known.map((value) => choice(value, formatLabel(value), typed.kinds)),
    faults,
    general,
  };
}

const choice = (value: string, text: string, chosen: readonly string[]): Choice => ({
  value,
  text,
  isChosen: chosen.includes(value),
});

import { choiceField, objectField, textField } from '../../../src/fields/fields.ts';

/** What an invitation does, as calendars know it (RFC 5546). */
const METHODS = ['PUBLISH', 'REQUEST', 'REPLY', 'ADD', 'CANCEL', 'REFRESH', 'COUNTER', 'DECLINECOUNTER'] as const;
const MAX_LENGTH = 200_000;
const NEEDED = new Set(['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY']);
/** RFC 5545, 3.1: a name, parameters whose values may be in quotes, and a value. */
const LINE = /^([a-z0-9-]+)((?:;[a-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)$/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** An event, or what else a calendar has, as far as it is looked at. */
interface Component {
  name: string;
  properties: Set<string>;
}

/** Finds what is wrong with the parts of an invitation: one sentence, or null. */
function findPartIssue({ name, properties }: Component, method: string): string | null {
  const lacking = ['UID', 'DTSTAMP'].find((property) => !properties.has(property));
  if (lacking) return `must have ${lacking} in its ${name}`;
  // RFC 5546: whoever is invited has to know by whom, and an answer says whose it is.
  if (method === 'REPLY' && !properties.has('ATTENDEE')) return `must have ATTENDEE in its ${name} for REPLY`;
  if (method !== 'PUBLISH' && !properties.has('ORGANIZER')) return `must have ORGANIZER in its ${name} for ${method}`;
  return null;
}

const NOT_WHOLE = 'must be iCalendar, from BEGIN:VCALENDAR to END:VCALENDAR';

/** What was read of a calendar: its own properties with their values, and its events and the like. */
interface Calendar {
  values: Map<string, string>;
  parts: Component[];
}

/** Reads the lines of a calendar; returns one sentence where they are none. */
function readCalendar(content: string): Calendar | string {
  const lines = content
    .replace(/\r\n?/g, '\n')
    .replace(/\n[ \t]/g, '')
    .split('\n');
  const open: Component[] = [];
  const calendar: Calendar = { values: new Map(), parts: [] };
  let isOver = false;
  for (const line of lines.filter((one) => one !== '')) {
    const [, written = '', , value = ''] = LINE.exec(line) ?? [];
    const name = written.toUpperCase();
    if (name === '') return `must be iCalendar: "${line.slice(0, 40)}" is no line of it`;
    const component = { name: value.trim().toUpperCase(), properties: new Set<string>() };
    const isStart = name === 'BEGIN' && component.name === 'VCALENDAR';
    if (isOver || (open.length === 0 && !isStart)) return NOT_WHOLE;
    if (name === 'BEGIN') {
      if (open.length === 1 && NEEDED.has(component.name)) calendar.parts.push(component);
      open.push(component);
    } else if (name === 'END') {
      if (open.pop()?.name !== component.name) return `must end what it begins: ${line.slice(0, 40)} does not`;
      isOver = open.length === 0;
    } else {
      open.at(-1)?.properties.add(name);
      if (open.length === 1) calendar.values.set(name, value.trim());
    }
  }
  return isOver ? calendar : NOT_WHOLE;
}

/** Finds what is wrong with an invitation: one sentence, or null. */
function findIssue(content: string, method: string): string | null {
  if (CONTROL.test(content)) return 'must not contain control characters';
  const calendar = readCalendar(content);
  if (typeof calendar === 'string') return calendar;
  const { values, parts } = calendar;
  if (values.get('VERSION') !== '2.0') return 'must have VERSION:2.0';
  if (!values.has('PRODID')) return 'must have PRODID';
  if (values.get('METHOD')?.toUpperCase() !== method) return `must have METHOD:${method}, like \`method\``;
  if (parts.length === 0) return 'must have a VEVENT, VTODO, VJOURNAL or VFREEBUSY';
  return parts.map((part) => findPartIssue(part, method)).find((issue) => issue !== null) ?? null;
}

/** `calendar`: an invitation, an answer to one, or what else calendars send each other. */
export const calendarInput = objectField({
  method: choiceField(...METHODS).meta({
    description: 'What the calendar does with it; `REQUEST` invites, `CANCEL` takes that back.',
  }),
  content: textField(MAX_LENGTH).meta({
    description: 'The event as iCalendar (RFC 5545), with the same METHOD.',
  }),
}).superRefine(({ method, content }, context) => {
  const message = findIssue(content, method);
  if (message) context.addIssue({ code: 'custom', path: ['content'], message });
});

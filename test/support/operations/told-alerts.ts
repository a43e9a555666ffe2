import type { HttpSink } from '../http/http-sink.ts';

/** What an alert says of an incident. */
export interface ToldIncident {
  incident: string;
  state: 'firing' | 'resolved' | 'test';
  code: string;
  text: string;
}

/** What a receiver of alerts was told, one entry an incident and message, the oldest first. */
export const readTold = ({ requests }: Pick<HttpSink, 'requests'>): ToldIncident[] =>
  requests.flatMap(({ body }) => (JSON.parse(body) as { incidents: ToldIncident[] }).incidents);

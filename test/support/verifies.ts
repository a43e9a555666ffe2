import { Webhook } from 'standardwebhooks';
import type { SinkRequest } from './http/http-sink.ts';

/** Whether a webhook that came is signed with that secret, as a receiver's own library sees it. */
export function verifies({ body, headers }: SinkRequest, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

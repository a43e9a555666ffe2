import { once } from 'node:events';
import { promisify } from 'node:util';
import { parseConnectionUrl } from 'nodemailer/lib/shared';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { classifySmtpError } from './answers/smtp-error.ts';
import { type RelayConfig, relayOptions } from './relay-options.ts';

/** What a try has found of a relay. */
export interface TriedRelay {
  /** Why it takes no mail of ours, in a sentence; null where it would. */
  fault: string | null;
  /** Whether the connection was encrypted. */
  isSecure: boolean;
  /** Whether it was signed in to. */
  isSignedIn: boolean;
}

/** Connects to a relay, secures the connection and signs in as the settings say, and sends nothing. Never rejects. */
export async function tryRelay(config: RelayConfig & { SMTP_URL: string }, withinMs: number): Promise<TriedRelay> {
  const { auth, ...options } = { ...relayOptions(config), ...parseConnectionUrl(config.SMTP_URL) };
  const login = config.oauth2 ?? auth;
  const limits = { connectionTimeout: withinMs, greetingTimeout: withinMs, socketTimeout: withinMs };
  const connection = new SMTPConnection({ ...options, ...limits });
  try {
    const failed = once(connection, 'error').then(([error]) => Promise.reject(error));
    const connected = new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
    failed.catch(() => {});
    await Promise.race([connected, failed]);
    const isSecure = connection.secure;
    if (login) await Promise.race([promisify(connection.login.bind(connection))(login as never), failed]);
    connection.quit();
    return { fault: null, isSecure, isSignedIn: login !== undefined };
  } catch (error) {
    return { fault: explain(error), isSecure: connection.secure, isSignedIn: false };
  } finally {
    connection.close();
  }
}

function explain(error: unknown): string {
  const failure = classifySmtpError(error, []);
  if ('fault' in failure) return failure.fault.message;
  return failure.trouble?.sentence ?? String((error as Error).message);
}

import type { Config } from '../../src/config/platform.ts';

/** The settings of mail that decide about the catcher; none of them is there without the emails kind. */
interface MailSettings {
  SMTP_URL?: string;
  EMAILS_WORKERS?: number;
  MAIL_CATCHER_SMTP_PORT?: number;
  MAIL_CATCHER_WEB_PORT?: number;
}

/**
 * Finds the ports of the mail catcher; null where it does not run: mail has a relay, or is not sent on this machine.
 */
export function findMailCatcher(config: Config): { smtpPort: number; webPort: number } | null {
  const { SMTP_URL, EMAILS_WORKERS, MAIL_CATCHER_SMTP_PORT, MAIL_CATCHER_WEB_PORT } = config as Config & MailSettings;
  if (SMTP_URL || !EMAILS_WORKERS || !MAIL_CATCHER_SMTP_PORT || !MAIL_CATCHER_WEB_PORT) return null;
  return { smtpPort: MAIL_CATCHER_SMTP_PORT, webPort: MAIL_CATCHER_WEB_PORT };
}

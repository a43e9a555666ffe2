import type { Config } from '../../src/config/platform.ts';

/** The settings of mail that decide about the catcher; none of them is there without the emails kind. */
interface MailSettings {
  SMTP_URL?: string;
  EMAILS_WORKERS?: number;
  MAIL_CATCHER_SMTP_PORT?: number;
  MAIL_CATCHER_WEB_PORT?: number;
}

/** The ports that its program is written with where it does not run: the processes read them as settings too. */
const NO_PORTS = { smtpPort: 1, webPort: 1 };

/** The ports that supervisord.conf is given: those of the mail catcher, as they are set, also where it does not run. */
export function catcherPorts(config: Config): { smtpPort: number; webPort: number } {
  const { MAIL_CATCHER_SMTP_PORT: smtpPort, MAIL_CATCHER_WEB_PORT: webPort } = config as Config & MailSettings;
  return smtpPort && webPort ? { smtpPort, webPort } : NO_PORTS;
}

/**
 * Finds the ports of the mail catcher; null where it does not run: mail has a relay, or is not sent on this machine.
 */
export function findMailCatcher(config: Config): { smtpPort: number; webPort: number } | null {
  const { SMTP_URL, EMAILS_WORKERS, MAIL_CATCHER_SMTP_PORT, MAIL_CATCHER_WEB_PORT } = config as Config & MailSettings;
  if (SMTP_URL || !EMAILS_WORKERS || !MAIL_CATCHER_SMTP_PORT || !MAIL_CATCHER_WEB_PORT) return null;
  return { smtpPort: MAIL_CATCHER_SMTP_PORT, webPort: MAIL_CATCHER_WEB_PORT };
}

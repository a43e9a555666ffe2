import type { EmailsConfig } from '../../settings.ts';
import type { OAuth2Login, RelayConfig } from '../relay-options.ts';
import type { FileRelay, RelaySecrets } from './relays-file.ts';

/** Makes the settings of a relay of the file; what the file leaves out is as the settings say it for all. */
export function toRelayConfig(relay: FileRelay, config: EmailsConfig): RelayConfig & { SMTP_URL: string } {
  const secrets = config.SMTP_SECRETS ?? {};
  const url = new URL(relay.url);
  if (relay.passwordEnv) {
    url.username = encodeURIComponent(relay.user ?? '');
    url.password = encodeURIComponent(secrets[relay.passwordEnv] ?? '');
  }
  const oauth2 = relay.oauth2 && loginOf(relay, relay.oauth2, secrets);
  return {
    ...config,
    SMTP_URL: url.href,
    SMTP_STARTTLS: relay.starttls ?? config.SMTP_STARTTLS,
    SMTP_CA_FILE: relay.caFile ?? config.SMTP_CA_FILE,
    SMTP_CONNECTIONS: relay.connections ?? config.SMTP_CONNECTIONS,
    ...(oauth2 ? { oauth2 } : {}),
  };
}

/** What nodemailer gets access tokens with, and renews them. */
const loginOf = (
  { user = '' }: FileRelay,
  { clientId, clientSecretEnv, refreshTokenEnv, tokenUrl }: NonNullable<FileRelay['oauth2']>,
  secrets: RelaySecrets,
): OAuth2Login => ({
  type: 'OAuth2',
  user,
  clientId,
  ...(clientSecretEnv === undefined ? {} : { clientSecret: secrets[clientSecretEnv] ?? '' }),
  refreshToken: secrets[refreshTokenEnv] ?? '',
  accessUrl: tokenUrl,
});

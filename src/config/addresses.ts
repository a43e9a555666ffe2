import type { Config } from './platform.ts';

/** Where the web process answers on this machine: HOST and PORT, and loopback where HOST means every address. */
export function localUrl(config: Config): string {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[config.HOST] ?? config.HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${config.PORT}`;
}

/** The base of every absolute link, without a slash at its end. */
export const publicUrl = (config: Config): string => config.PUBLIC_URL ?? localUrl(config);

/** The path that everything is served below: `/heavylift`, or '' where that is the whole host. */
export const publicPath = (config: Config): string => new URL(publicUrl(config)).pathname.replace(/\/$/, '');

import { networkInterfaces } from 'node:os';
import { parseAddress } from './address.ts';
import { parseAllowList } from './allow-list.ts';

/**
 * Whether an address is this machine's own: one of an interface as it is now, or one of `named` (addresses and ranges
 * that lead here although no interface has them). What listens there is often closed to the internet by a firewall, and
 * open to whoever asks from here.
 */
export function isOwnAddress(address: string, named: readonly string[]): boolean {
  const asked = parseAddress(address)?.toString();
  const interfaces = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  return (
    interfaces.some((one) => parseAddress(one.address)?.toString() === asked) ||
    parseAllowList(named).namesAddress(address, 0)
  );
}

/** The ports that are reached on this machine's own addresses: a web server is there for everybody. */
export const isOwnWebPort = (port: number): boolean => port === 80 || port === 443;

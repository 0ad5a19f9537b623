/**
 * Names under which a server is asked. A web page may have its own name lead to this machine after it was loaded (DNS
 * rebinding): then its browser lets it read what listens here, and only the Host header tells.
 */
import { isIP } from 'node:net';

/**
 * Whether `host`, a Host header, is what a server that listens at `listensAt` is called. Where others can reach it, it
 * may be called anything. Without a header nobody is called anything.
 */
export function isOwnHost(host: string | undefined, listensAt: string): boolean {
  if (host === undefined || host === '' || !isLoopback(listensAt)) return true;
  const name = nameOf(host.toLowerCase());
  // A name without a dot is in this machine's own files or in its network's: nobody else can have it lead here.
  return isIP(name) !== 0 || isLocal(name) || /^[a-z0-9_-]+$/.test(name) || name === listensAt.toLowerCase();
}

/** Without the port, the brackets of an IPv6 address and the dot of a full name. */
function nameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(host)?.[1];
  return bracketed ?? host.replace(/:\d*$/, '').replace(/\.$/, '');
}

const isLocal = (name: string): boolean => name === 'localhost' || name.endsWith('.localhost');

const isLoopback = (address: string): boolean =>
  address === '::1' || isLocal(address.toLowerCase()) || (isIP(address) === 4 && address.startsWith('127.'));

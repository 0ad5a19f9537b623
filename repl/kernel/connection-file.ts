/** Where Jupyter wants a kernel to listen, and the key that both sign with. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ServeError } from '../../lib/index.ts';
import { messageOf } from '../message-of.ts';

export const CHANNELS = ['shell', 'control', 'stdin', 'iopub', 'hb'] as const;
export type Channel = (typeof CHANNELS)[number];

export interface Connection {
  readonly key: string;
  /** As ZeroMQ writes it: `tcp://127.0.0.1:40001`. */
  readonly addresses: Readonly<Record<Channel, string>>;
}

const port = z.int().min(0).max(65_535);
const shape = z.object({
  transport: z.enum(['tcp', 'ipc']).default('tcp'),
  ip: z.string().min(1),
  key: z.string().default(''),
  signature_scheme: z.literal('hmac-sha256').default('hmac-sha256'),
  ...{ shell_port: port, control_port: port, stdin_port: port, iopub_port: port, hb_port: port },
});

/** Throws INVALID_ARGUMENT. */
export function readConnectionFile(path: string): Connection {
  const refuse = (reason: string): ServeError =>
    new ServeError('INVALID_ARGUMENT', `'${path}' is no connection file of Jupyter's: ${reason}`);
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw refuse(messageOf(error));
  }
  const { data, error } = shape.safeParse(given);
  if (error) throw refuse(error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  const { transport, ip, key } = data;
  const addressOf = (channel: Channel): string =>
    `${transport}://${ip}${transport === 'tcp' ? ':' : '-'}${data[`${channel}_port`]}`;
  return {
    key,
    addresses: Object.fromEntries(CHANNELS.map((channel) => [channel, addressOf(channel)])) as Connection['addresses'],
  };
}
